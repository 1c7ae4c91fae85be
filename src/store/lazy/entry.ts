import type { Item } from '../../model/change-set.ts'

/** How long something is believed. Times are monotonic milliseconds. */
export interface Life {
  /** From here on a read fetches it again behind the reader's back. */
  readonly refreshAt: number
  readonly expiresAt: number
}

/** What is known of a row, and for how long. */
export interface Entry extends Life {
  /** `undefined`: there is none, or it is deleted. */
  readonly item: Item | undefined
  /** Which question it answers: of two answers the one to the later question counts. */
  readonly asked: number
}

export interface Lifetime {
  readonly ttlMs: number
  readonly random: () => number
}

/** That something is not there is believed for less long: it may just be about to come (D18). */
const LONGEST_NEGATIVE_MS = 5_000
const REFRESH_AT = 0.8

/** Jitter only shortens, and keeps what was read together from being asked for together. */
export function lifeOf(what: 'present' | 'absent', now: number, { ttlMs, random }: Lifetime): Life {
  const believed = what === 'present' ? ttlMs : Math.min(ttlMs, LONGEST_NEGATIVE_MS)
  const livesMs = believed * (1 - random() / 10)
  return { refreshAt: now + livesMs * REFRESH_AT, expiresAt: now + livesMs }
}

/** The same knowledge, no longer believed; kept for when the database does not answer. */
export function expired<T extends Life>(known: T, now: number): T {
  return { ...known, refreshAt: now, expiresAt: Math.min(known.expiresAt, now) }
}
