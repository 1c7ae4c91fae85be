import type { FlagReader, MembershipReader } from '../evaluation/run.ts'
import type { ItemLookup } from '../model/change-set.ts'
import type { Flag, Segment } from '../model/flag.ts'
import type { MemoryStore } from '../store/memory-store.ts'

/** A reader that returns overriding items in the place of others, for one evaluation. */
export class OverlaidReader implements FlagReader {
  /** True once an overriding item was read. */
  used = false
  readonly memberships?: MembershipReader
  /** Does not count as a use. */
  readonly overriding: ItemLookup
  readonly #base: FlagReader
  readonly #overriding: MemoryStore

  constructor(base: FlagReader, overriding: MemoryStore) {
    if (base.memberships) this.memberships = base.memberships
    this.overriding = (kind, key) => overriding.get(kind, key)?.object
    this.#base = base
    this.#overriding = overriding
  }

  flag(key: string): Flag | undefined {
    return this.#read('flag', key) ?? this.#base.flag(key)
  }

  segment(key: string): Segment | undefined {
    return this.#read('segment', key) ?? this.#base.segment(key)
  }

  #read(kind: 'flag' | 'segment', key: string): Flag | Segment | undefined {
    const object = this.#overriding.get(kind, key)?.object
    if (object !== undefined) this.used = true
    return object
  }
}
