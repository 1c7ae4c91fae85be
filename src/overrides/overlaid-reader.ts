import { type Evaluation, NO_PATTERN_ENGINE } from '../evaluation/detail.ts'
import type { FlagReader, MembershipReader } from '../evaluation/run.ts'
import type { Item, ItemLookup } from '../model/change-set.ts'
import type { Flag, Segment } from '../model/flag.ts'
import type { MemoryStore } from '../store/memory-store.ts'

/** The items that replace others, in force or at one moment. */
export type OverridingItems = Pick<MemoryStore, 'get' | 'all'>

/** Returns the items, with overriding ones in the place of those with the same key. */
export function itemsWith(
  overriding: ReadonlyMap<string, Item>,
  items: ReadonlyMap<string, Item>,
): ReadonlyMap<string, Item> {
  return overriding.size === 0 ? items : new Map([...items, ...overriding])
}

/** Returns the evaluation with overriding items. Its reason has `overridden` if the evaluation used one. */
export function evaluationWith<Rest extends readonly unknown[]>(
  overriding: OverridingItems,
  evaluate: (reader: FlagReader, ...rest: Rest) => Evaluation,
): (reader: FlagReader, ...rest: Rest) => Evaluation {
  return (reader, ...rest) => {
    const overlaid = new OverlaidReader(reader, overriding)
    const evaluation = evaluate(overlaid, ...rest)
    const { flag, reason } = evaluation
    const isOverridden =
      overlaid.used || (flag?.key !== undefined && overriding.get('flag', flag.key) !== undefined)
    // The caller recognizes a missing pattern engine by its identity.
    if (!isOverridden || evaluation === NO_PATTERN_ENGINE) return evaluation
    return { ...evaluation, reason: { ...reason, overridden: true } }
  }
}

/** A reader that returns overriding items in the place of others, for one evaluation. */
export class OverlaidReader implements FlagReader {
  /** True once an overriding item was read. */
  used = false
  readonly memberships?: MembershipReader
  /** Does not count as a use. */
  readonly overriding: ItemLookup
  readonly #base: FlagReader
  readonly #overriding: OverridingItems

  constructor(base: FlagReader, overriding: OverridingItems) {
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
