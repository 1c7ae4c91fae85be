import { type BigSegmentPatch, memberChanges } from '../../model/big-segment-patch.ts'

/** The hashes of the contexts whose memberships may have changed, or `all` if they are too many or unknown. */
export type ChangedMembers = ReadonlySet<string> | 'all'

/** A set of more hashes takes more time and memory than it saves queries. */
const MAX_HASHES = 10_000

/** Returns the members that patches change. */
export function membersOf(patches: readonly BigSegmentPatch[]): ChangedMembers {
  const hashes = new Set<string>()
  for (const patch of patches) {
    for (const { hash } of memberChanges(patch)) {
      hashes.add(hash)
      if (hashes.size > MAX_HASHES) return 'all'
    }
  }
  return hashes
}
