import { createHash } from 'node:crypto'

const MARK = 'halyard-'

/**
 * An id for an environment nobody told the id of: the same for the same name, and of a form that nobody takes for one of
 * LaunchDarkly's.
 */
export function madeId(name: string): string {
  const words = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8)
  return `${MARK}${words.slice(0, 60).replaceAll(/^-|-$/g, '')}-${hash}`
}

/** Whether an id was made here: then it is not what the service calls the environment. */
export function isMadeId(id: string): boolean {
  return id.startsWith(MARK)
}
