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
 * The data, in memory. A transaction is applied in one synchronous step, in place, at a cost that depends on the
 * change and not on what is held: between two awaits nothing can read half of it. Follows the order of the
 * protocol and never compares versions (D11). The selector moves only here, together with its data (D12).
 */
export class MemoryStore {
  #items: Items = emptyItems()
  #selector: Selector | undefined
  #snapshot: Snapshot | undefined
  #revision = 0

  /** Grows with every transaction: tells whether memory moved, also where no selector does. */
  get revision(): number {
    return this.#revision
  }

  get selector(): Selector | undefined {
    return this.#selector
  }

  get(kind: ItemKind, key: string): Item | undefined {
    return this.#items[kind].get(key)
  }

  /** A live view of everything of a kind; what is seen across awaits may differ. */
  all(kind: ItemKind): ReadonlyMap<string, Item> {
    return this.#items[kind]
  }

  apply(changeSet: AppliedChangeSet): Applied {
    // Looked at first, so that a source made by hand cannot leave half a transaction behind.
    for (const { kind } of changeSet.changes)
      if (!isKind(kind)) throw new TypeError(`there is no kind ${String(kind)}`)
    if (changeSet.type === 'full') this.#items = emptyItems()
    for (const change of changeSet.changes) applyChange(this.#items[change.kind], change)
    this.#selector = advance(this.#selector, changeSet)
    this.#snapshot = undefined
    this.#revision++
    return { changeSet, selector: this.#selector }
  }

  /** A frozen copy, made when asked for and kept until the next transaction. */
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
