import {
  type Applied,
  type AppliedChangeSet,
  type Change,
  type Item,
  type ItemKind,
  isKind,
  type Snapshot,
} from '../model/change-set.ts'
import { advance } from '../selector/advance.ts'
import type { Selector } from '../selector/selector.ts'

type Items = Readonly<Record<ItemKind, Map<string, Item>>>

/**
 * The flag data in memory. A transaction is applied in place in one synchronous step, so that no reader sees half of it;
 * its cost depends on the change, not on the data. Changes are applied in the order of the protocol, without a comparison
 * of versions (D11). The selector changes only together with its data (D12).
 */
export class MemoryStore {
  #items: Items = emptyItems()
  #selector: Selector | undefined
  #snapshot: Snapshot | undefined
  #revision = 0

  /** Number of transactions: it shows that the data changed, also if there is no selector. */
  get revision(): number {
    return this.#revision
  }

  get selector(): Selector | undefined {
    return this.#selector
  }

  get(kind: ItemKind, key: string): Item | undefined {
    return this.#items[kind].get(key)
  }

  /** Returns a live view of all items of a kind. Its content may change during an await. */
  all(kind: ItemKind): ReadonlyMap<string, Item> {
    return this.#items[kind]
  }

  apply(changeSet: AppliedChangeSet): Applied {
    // Validated first, so that a custom source cannot cause half a transaction.
    for (const { kind } of changeSet.changes)
      if (!isKind(kind)) throw new TypeError(`the change set has the unknown kind ${String(kind)}`)
    if (changeSet.type === 'full') this.#items = emptyItems()
    for (const change of changeSet.changes) applyChange(this.#items[change.kind], change)
    this.#selector = advance(this.#selector, changeSet)
    this.#snapshot = undefined
    this.#revision++
    return { changeSet, selector: this.#selector }
  }

  /** Returns a copy, which is cached until the next transaction. */
  snapshot(): Snapshot {
    this.#snapshot ??= {
      flags: new Map(this.#items.flag),
      segments: new Map(this.#items.segment),
      selector: this.#selector,
    }
    return this.#snapshot
  }
}

function emptyItems(): Items {
  return { flag: new Map(), segment: new Map() }
}

function applyChange(items: Map<string, Item>, change: Change): void {
  switch (change.op) {
    case 'put':
      items.set(change.key, change)
      return
    case 'delete':
      items.delete(change.key)
      return
    default:
      change satisfies never
  }
}
