import { type BigSegmentPatch, memberChanges } from '../../model/big-segment-patch.ts'

/** The contexts whose memberships may have changed, and the big segments. `all` if they are too many or unknown. */
export interface ChangedMembers {
  /** The contexts as hashes. */
  readonly contexts: ReadonlySet<string> | 'all'
  /** The keys of the segments. */
  readonly segments: ReadonlySet<string> | 'all'
}

export const ALL_MEMBERS: ChangedMembers = { contexts: 'all', segments: 'all' }

/** A set of more hashes takes more time and memory than it saves queries. */
const MAX_CONTEXTS = 10_000

/** Returns the members that patches change. */
export function membersOf(patches: readonly BigSegmentPatch[]): ChangedMembers {
  return {
    contexts: contextsOf(patches),
    segments: new Set(patches.map(({ reference }) => segmentKeyOf(reference))),
  }
}

function contextsOf(patches: readonly BigSegmentPatch[]): ReadonlySet<string> | 'all' {
  const hashes = new Set<string>()
  for (const patch of patches) {
    for (const { hash } of memberChanges(patch)) {
      hashes.add(hash)
      if (hashes.size > MAX_CONTEXTS) return 'all'
    }
  }
  return hashes
}

/** Returns the key in a reference such as `beta.g4`. A key may contain dots. */
function segmentKeyOf(reference: string): string {
  const dot = reference.lastIndexOf('.')
  return dot > 0 ? reference.slice(0, dot) : reference
}
