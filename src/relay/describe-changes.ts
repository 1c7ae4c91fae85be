import type { Change } from '../model/change-set.ts'

const MAX_KEYS = 10
const MAX_KEY_LENGTH = 100

/** Returns a list of changes, for example `changed flag a, deleted segment b`. */
export function describeChanges(changes: readonly Change[]): string {
  const named = changes
    .slice(0, MAX_KEYS)
    .map(({ op, kind, key }) => `${op === 'put' ? 'changed' : 'deleted'} ${kind} ${shortened(key)}`)
  const more = changes.length - named.length
  return more > 0 ? `${named.join(', ')} and ${more} more` : named.join(', ')
}

function shortened(key: string): string {
  return key.length > MAX_KEY_LENGTH ? `${key.slice(0, MAX_KEY_LENGTH)}…` : key
}
