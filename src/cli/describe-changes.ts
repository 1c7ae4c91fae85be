import type { Change } from '../model/change-set.ts'

/** A line is for reading: beyond this many keys the rest is counted. */
const MAX_KEYS = 10

/** As `changed flag a, deleted segment b`. */
export function describeChanges(changes: readonly Change[]): string {
  const named = changes
    .slice(0, MAX_KEYS)
    .map(({ op, kind, key }) => `${op === 'put' ? 'changed' : 'deleted'} ${kind} ${key}`)
  const more = changes.length - named.length
  return more > 0 ? `${named.join(', ')} and ${more} more` : named.join(', ')
}
