import type { FlagReader, Membership, MembershipReader } from '../evaluation/run.ts'
import { type BigSegments, UNKNOWN_MEMBERSHIP } from './big-segments.ts'

/** The memberships of one evaluation. Each keeps its first answer, so that evaluating again needs no query twice. */
export class PinnedMemberships implements MembershipReader {
  readonly #bigSegments: BigSegments
  readonly #answers = new Map<string, Membership>()

  constructor(bigSegments: BigSegments) {
    this.#bigSegments = bigSegments
  }

  membership(contextKey: string): Membership | undefined {
    const known = this.#answers.get(contextKey)
    if (known) return known
    const cached = this.#bigSegments.membership(contextKey)
    if (cached) this.#answers.set(contextKey, cached)
    return cached
  }

  /** Queries a membership that an evaluation missed. Never rejects. */
  async query(contextKey: string): Promise<void> {
    this.#answers.set(contextKey, await this.#bigSegments.query(contextKey))
  }
}

/**
 * Returns the memberships for evaluations that cannot wait: one that is not cached counts as a failed query.
 *
 * @param onMissing - is called for each of those.
 */
export function cachedMemberships(
  bigSegments: Pick<BigSegments, 'membership'>,
  onMissing: () => void,
): MembershipReader {
  return {
    membership(contextKey) {
      const cached = bigSegments.membership(contextKey)
      if (cached === undefined) onMissing()
      return cached ?? UNKNOWN_MEMBERSHIP
    },
  }
}

/** Returns the same reader if there are no memberships, so that evaluations have no indirection then. */
export function withMemberships(reader: FlagReader, memberships: MembershipReader | undefined): FlagReader {
  return memberships ? readerOf(reader, memberships) : reader
}

/** Returns a plain object that reads flags and segments from the reader, and these memberships. */
function readerOf(reader: FlagReader, memberships: MembershipReader | undefined): FlagReader {
  return {
    flag: (key) => reader.flag(key),
    segment: (key) => reader.segment(key),
    ...(memberships && { memberships }),
  }
}
