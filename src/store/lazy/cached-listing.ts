import type { Item, ItemKind } from '../../model/change-set.ts'

/** Everything of both kinds, at one moment. */
export type Listing = Readonly<Record<ItemKind, ReadonlyMap<string, Item>>>

/** A listing that is kept, as an answer to who asks for everything and to who asks for one thing. */
export class CachedListing {
  readonly items: Listing
  readonly asked: number
  readonly #whole: Freshness
  readonly #present: Freshness
  readonly #absent: Freshness

  constructor(
    items: Listing,
    asked: number,
    lives: Readonly<Record<'whole' | 'present' | 'absent', Freshness>>,
  ) {
    this.items = items
    this.asked = asked
    this.#whole = lives.whole
    this.#present = lives.present
    this.#absent = lives.absent
  }

  static fresh(items: Listing, asked: number, now: number, lifetime: CacheLifetime): CachedListing {
    const present = freshnessOf('present', now, lifetime)
    const absent = freshnessOf('absent', now, lifetime)
    // An empty listing is an absence: the database may be filled at any moment.
    const whole = items.flag.size + items.segment.size > 0 ? present : absent
    return new CachedListing(items, asked, { whole, present, absent })
  }

  /** How long it is believed as a whole. */
  get freshness(): Freshness {
    return this.#whole
  }

  /** What it says of one row. */
  entry(kind: ItemKind, key: string): CacheEntry {
    const item = this.items[kind].get(key)
    return { item, asked: this.asked, ...(item ? this.#present : this.#absent) }
  }

  /** Something in it changed, nobody knows what else: the rest is believed one by one. */
  incomplete(now: number): CachedListing {
    const [present, absent] = [this.#present, this.#absent]
    return new CachedListing(this.items, this.asked, { whole: expired(this.#whole, now), present, absent })
  }

  /** Anything in it may have changed. */
  invalidated(now: number): CachedListing {
    const [present, absent] = [expired(this.#present, now), expired(this.#absent, now)]
    return new CachedListing(this.items, this.asked, { whole: present, present, absent })
  }
}

/** How long something is believed. Times are monotonic milliseconds. */
export interface Freshness {
  /** From here on a read fetches it again behind the reader's back. */
  readonly refreshAt: number
  readonly expiresAt: number
}

/** What is known of a row, and for how long. */
export interface CacheEntry extends Freshness {
  /** `undefined`: there is none, or it is deleted. */
  readonly item: Item | undefined
  /** Which question it answers: of two answers the one to the later question counts. */
  readonly asked: number
}

export interface CacheLifetime {
  readonly ttlMs: number
  readonly random: () => number
}

/** That something is not there is believed for less long: it may just be about to come (D18). */
const MAX_NEGATIVE_MS = 5_000
const REFRESH_AT = 0.8

/** Jitter only shortens, and keeps what was read together from being asked for together. */
export function freshnessOf(
  what: 'present' | 'absent',
  now: number,
  { ttlMs, random }: CacheLifetime,
): Freshness {
  const believed = what === 'present' ? ttlMs : Math.min(ttlMs, MAX_NEGATIVE_MS)
  const livesMs = believed * (1 - random() / 10)
  return { refreshAt: now + livesMs * REFRESH_AT, expiresAt: now + livesMs }
}

/** The same knowledge, no longer believed; kept for when the database does not answer. */
export function expired<T extends Freshness>(known: T, now: number): T {
  return { ...known, refreshAt: now, expiresAt: Math.min(known.expiresAt, now) }
}
