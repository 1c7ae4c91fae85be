import type { Item } from '../../model/change-set.ts'

/** What is known of a row, and for how long. Times are monotonic milliseconds. */
export interface Entry {
  /** `undefined`: there is none, or it is deleted. */
  readonly item: Item | undefined
  /** From here on a read fetches it again behind the reader's back. */
  readonly refreshAt: number
  readonly expiresAt: number
}

export interface Lifetime {
  readonly ttlMs: number
  readonly random: () => number
}

/** That something is not there is believed for less long: it may just be about to come (D18). */
export const LONGEST_NEGATIVE_MS = 5_000
const REFRESH_AT = 0.8

export function freshEntry(item: Item | undefined, now: number, { ttlMs, random }: Lifetime): Entry {
  const believed = item ? ttlMs : Math.min(ttlMs, LONGEST_NEGATIVE_MS)
  // Jitter only shortens, and keeps what was read together from being asked for together.
  const livesMs = believed * (1 - random() / 10)
  return { item, refreshAt: now + livesMs * REFRESH_AT, expiresAt: now + livesMs }
}

/** The same knowledge, no longer believed; kept for when the database does not answer. */
export function expired(entry: Entry, now: number): Entry {
  return { ...entry, refreshAt: now, expiresAt: Math.min(entry.expiresAt, now) }
}
