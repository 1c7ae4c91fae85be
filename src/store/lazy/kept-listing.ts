import type { Item, Kind } from '../../model/change-set.ts'
import { type Entry, expired, type Life, type Lifetime, lifeOf } from './entry.ts'

/** Everything of both kinds, at one moment. */
export type Listing = Readonly<Record<Kind, ReadonlyMap<string, Item>>>

/** A listing that is kept, as an answer to who asks for everything and to who asks for one thing. */
export class KeptListing {
  readonly items: Listing
  readonly asked: number
  readonly #whole: Life
  readonly #present: Life
  readonly #absent: Life

  constructor(items: Listing, asked: number, lives: Readonly<Record<'whole' | 'present' | 'absent', Life>>) {
    this.items = items
    this.asked = asked
    this.#whole = lives.whole
    this.#present = lives.present
    this.#absent = lives.absent
  }

  static fresh(items: Listing, asked: number, now: number, lifetime: Lifetime): KeptListing {
    const present = lifeOf('present', now, lifetime)
    const absent = lifeOf('absent', now, lifetime)
    // An empty listing is an absence: the database may be filled at any moment.
    const whole = items.flag.size + items.segment.size > 0 ? present : absent
    return new KeptListing(items, asked, { whole, present, absent })
  }

  /** How long it is believed as a whole. */
  get life(): Life {
    return this.#whole
  }

  /** What it says of one row. */
  entry(kind: Kind, key: string): Entry {
    const item = this.items[kind].get(key)
    return { item, asked: this.asked, ...(item ? this.#present : this.#absent) }
  }

  /** Something in it changed, nobody knows what else: the rest is believed one by one. */
  incomplete(now: number): KeptListing {
    const [present, absent] = [this.#present, this.#absent]
    return new KeptListing(this.items, this.asked, { whole: expired(this.#whole, now), present, absent })
  }

  /** Anything in it may have changed. */
  outdated(now: number): KeptListing {
    const [present, absent] = [expired(this.#present, now), expired(this.#absent, now)]
    return new KeptListing(this.items, this.asked, { whole: present, present, absent })
  }
}
