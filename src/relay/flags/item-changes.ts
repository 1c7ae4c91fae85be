import type { Clock } from '../../async/clock.ts'
import {
  type AppliedChangeSet,
  type Change,
  type Item,
  type ItemKind,
  KINDS,
} from '../../model/change-set.ts'
import { type Difference, differencesOf } from './differences.ts'

/** A change of one flag or segment. */
export interface ItemChange {
  /** Milliseconds since the Unix epoch. */
  readonly at: number
  readonly type: 'added' | 'changed' | 'deleted'
  readonly kind: ItemKind
  readonly key: string
  /** The former version. Absent if the item is new. */
  readonly from?: number
  /** The present version. Absent if the item was deleted. */
  readonly to?: number
  readonly differences: readonly Difference[]
  /** True if there are further differences, or if they were not determined because many items changed together. */
  readonly isCut: boolean
}

/** Changes of one transaction whose differences are determined. */
const MAX_COMPARED = 200

interface Changed {
  /** Absent if the item is new. */
  readonly before: Item | undefined
  readonly change: Change
}

type Items = Readonly<Record<ItemKind, Map<string, Item>>>

/** The changes from each payload of an environment to the next. */
export class ItemChanges {
  readonly #clock: Clock
  #items: Items = emptyItems()
  #hasData = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Returns the changes that a payload made, at most the last `most`, and none for the first payload. */
  next(changeSet: AppliedChangeSet, most: number = Infinity): readonly ItemChange[] {
    const isFirst = !this.#hasData
    const changed = this.#apply(changeSet)
    this.#hasData = true
    if (isFirst) return []
    return changed
      .slice(Math.max(0, changed.length - most))
      .map(({ before, change }, index) => this.#changeOf(before, change, index))
  }

  #apply({ type, changes }: AppliedChangeSet): readonly Changed[] {
    const former = this.#items
    const isFull = type === 'full'
    if (isFull) this.#items = emptyItems()
    const changed: Changed[] = []
    const record = (before: Item | undefined, change: Change): void => {
      if (isChange(before, change)) changed.push({ before, change })
    }
    for (const change of changes) {
      const items = this.#items[change.kind]
      record(former[change.kind].get(change.key), change)
      if (change.op === 'put') items.set(change.key, change)
      else items.delete(change.key)
    }
    if (isFull)
      for (const kind of KINDS)
        for (const [key, item] of former[kind])
          if (!this.#items[kind].has(key)) record(item, { op: 'delete', kind, key, version: item.version })
    return changed
  }

  #changeOf(before: Item | undefined, change: Change, compared: number): ItemChange {
    const { kind, key } = change
    const at = this.#clock.now()
    const base = { at, kind, key, ...(before && { from: before.version }) }
    if (change.op === 'delete') return { ...base, type: 'deleted', differences: [], isCut: false }
    const to = change.version
    if (!before) return { ...base, type: 'added', to, differences: [], isCut: false }
    if (compared >= MAX_COMPARED) return { ...base, type: 'changed', to, differences: [], isCut: true }
    const { list, isCut } = differencesOf(before.object, change.object)
    return { ...base, type: 'changed', to, differences: list, isCut }
  }
}

function emptyItems(): Items {
  return { flag: new Map(), segment: new Map() }
}

/** As for SDKs, an item with the same version is unchanged. */
function isChange(before: Item | undefined, change: Change): boolean {
  return change.op === 'delete' ? before !== undefined : before?.version !== change.version
}
