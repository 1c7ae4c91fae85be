import type { Audience } from '../addresses.ts'
import { MINUTES, MinuteCounts, type Moment } from './minute-counts.ts'

/** The most unknown flags of each kind of credential. */
const MAX_UNKNOWN = 200

/** The longest key of an unknown flag that is kept, and of a flag that the metrics name, in characters. */
export const MAX_KEY_LENGTH = 256

const AUDIENCES: readonly Audience[] = ['server', 'mobile', 'browser']

interface UnknownCounts {
  readonly key: string
  readonly audience: Audience
  readonly counts: MinuteCounts
}

/**
 * The evaluations of flags that do not exist. Each kind of credential has its own limit, because client-side IDs are public: invented
 * keys of browsers do not hide the mistakes of servers.
 */
export class UnknownFlags {
  /** The flag that was evaluated last is the last one of its map. */
  readonly #byAudience: Readonly<Record<Audience, Map<string, MinuteCounts>>> = {
    server: new Map(),
    mobile: new Map(),
    browser: new Map(),
  }

  /** Returns the flags that were evaluated last, newest first. */
  latest(limit: number): readonly UnknownCounts[] {
    return AUDIENCES.flatMap((audience) =>
      Array.from(this.#byAudience[audience], ([key, counts]) => ({ key, audience, counts })),
    )
      .sort((a, b) => b.counts.lastAt - a.counts.lastAt)
      .slice(0, limit)
  }

  /** Returns the counts of a flag to add to; `undefined` if there is no room, or the key is too long. */
  of(key: string, audience: Audience, moment: Moment): MinuteCounts | undefined {
    if (key.length > MAX_KEY_LENGTH) return undefined
    const flags = this.#byAudience[audience]
    const counts = flags.get(key) ?? (hasRoom(flags, moment) ? new MinuteCounts() : undefined)
    if (counts === undefined) return undefined
    flags.delete(key)
    flags.set(key, counts)
    return counts
  }

  /** Returns the counts of a flag, one for each kind of credential with which it was evaluated. */
  countsOf(key: string): readonly MinuteCounts[] {
    return AUDIENCES.flatMap((audience) => this.#byAudience[audience].get(key) ?? [])
  }
}

/** Returns whether one more flag may be added. Forgets one that was not evaluated in the last hour if there is no room otherwise. */
function hasRoom(flags: Map<string, MinuteCounts>, { at }: Moment): boolean {
  if (flags.size < MAX_UNKNOWN) return true
  for (const [key, { lastAt }] of flags) return lastAt < at - MINUTES * 60_000 && flags.delete(key)
  return true
}
