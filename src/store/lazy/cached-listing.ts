import type { Item, ItemKind } from '../../model/change-set.ts'

/** All items of both kinds at one moment. */
export type Listing = Readonly<Record<ItemKind, ReadonlyMap<string, Item>>>

export class CachedListing {
  readonly items: Listing
  readonly requestId: number
  readonly #whole: Freshness
  readonly #present: Freshness
  readonly #absent: Freshness

  constructor(
    items: Listing,
    requestId: number,
    freshness: Readonly<Record<'whole' | 'present' | 'absent', Freshness>>,
  ) {
    this.items = items
    this.requestId = requestId
    this.#whole = freshness.whole
    this.#present = freshness.present
    this.#absent = freshness.absent
  }

  static fresh(items: Listing, requestId: number, now: number, lifetime: CacheLifetime): CachedListing {
    const present = freshnessOf('present', now, lifetime)
    const absent = freshnessOf('absent', now, lifetime)
    // An empty listing expires as early as an absent row, because the database may be filled at any moment.
    const whole = items.flag.size + items.segment.size > 0 ? present : absent
    return new CachedListing(items, requestId, { whole, present, absent })
  }

  get freshness(): Freshness {
    return this.#whole
  }

  entry(kind: ItemKind, key: string): CacheEntry {
    const item = this.items[kind].get(key)
    return { item, requestId: this.requestId, ...(item ? this.#present : this.#absent) }
  }

  /** Returns a listing that is expired as a whole, while its single rows keep their freshness. */
  incomplete(now: number): CachedListing {
    const [present, absent] = [this.#present, this.#absent]
    return new CachedListing(this.items, this.requestId, {
      whole: expired(this.#whole, now),
      present,
      absent,
    })
  }

  invalidated(now: number): CachedListing {
    const [present, absent] = [expired(this.#present, now), expired(this.#absent, now)]
    return new CachedListing(this.items, this.requestId, { whole: present, present, absent })
  }
}

/** The times at which an entry is refreshed and expires, in monotonic milliseconds. */
export interface Freshness {
  /** From this time on, a read also starts a refresh in the background. */
  readonly refreshAt: number
  readonly expiresAt: number
}

export interface CacheEntry extends Freshness {
  /** `undefined` if the row does not exist or is deleted. */
  readonly item: Item | undefined
  /** Number of the request. Of two answers, the one with the higher number counts. */
  readonly requestId: number
}

export interface CacheLifetime {
  readonly ttlMs: number
  readonly random: () => number
}

/** Longest TTL of an absent row, in milliseconds: the row may be written at any moment (D18). */
const MAX_NEGATIVE_MS = 5_000
const REFRESH_AT = 0.8

/** Returns the freshness of an entry from now on. Jitter shortens it by up to 10 %, so that entries do not expire together. */
export function freshnessOf(
  what: 'present' | 'absent',
  now: number,
  { ttlMs, random }: CacheLifetime,
): Freshness {
  const lifetimeMs = what === 'present' ? ttlMs : Math.min(ttlMs, MAX_NEGATIVE_MS)
  const jitteredMs = lifetimeMs * (1 - random() / 10)
  return { refreshAt: now + jitteredMs * REFRESH_AT, expiresAt: now + jitteredMs }
}

export function expired<T extends Freshness>(entry: T, now: number): T {
  return { ...entry, refreshAt: now, expiresAt: Math.min(entry.expiresAt, now) }
}
