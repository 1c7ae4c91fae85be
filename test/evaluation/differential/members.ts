import { createHash } from 'node:crypto'
import { SEGMENT_KEYS } from './words.ts'

/**
 * Returns the big segments that list the context with this hash: of generation 1, some include it, some exclude it. Derived
 * from the hash, so that both sides have the same members in every scenario.
 */
export function membersOf(hash: string): Readonly<Record<string, boolean>> | undefined {
  const digest = createHash('sha256').update(hash).digest()
  const listed = SEGMENT_KEYS.map((key, index) => [`${key}.g1`, (digest[index] ?? 0) % 3] as const)
  const members = listed
    .filter(([, place]) => place > 0)
    .map(([reference, place]) => [reference, place === 1])
  return members.length === 0 ? undefined : (Object.fromEntries(members) as Record<string, boolean>)
}
