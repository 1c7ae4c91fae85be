import { decodeRow } from '../../layout/row.ts'
import type { Item } from '../../model/change-set.ts'
import type { Row, RowName } from '../../model/persistent-store.ts'
import type { StoreMonitor } from '../store-monitor.ts'

/** Makes items of rows; a row nobody can read is left out, and named in the status until it can be, or is gone (D17). */
export class Quarantine {
  readonly #monitor: StoreMonitor
  readonly #rows = new Map<string, RowName>()

  constructor(monitor: StoreMonitor) {
    this.#monitor = monitor
  }

  itemOf({ kind, key }: RowName, row: Row | undefined): Item | undefined {
    const name = nameOf({ kind, key })
    const decoded = row && decodeRow(row)
    if (decoded?.type === 'unreadable') {
      if (!this.#rows.has(name)) this.#note(() => this.#rows.set(name, { kind, key }))
      return undefined
    }
    if (this.#rows.has(name)) this.#note(() => this.#rows.delete(name))
    return decoded?.type === 'item' ? decoded.item : undefined
  }

  /** These are all the rows there are. */
  keep(rows: readonly RowName[]): void {
    if (this.#rows.size === 0) return
    const there = new Set(rows.map(nameOf))
    for (const name of Array.from(this.#rows.keys()))
      if (!there.has(name)) this.#note(() => this.#rows.delete(name))
  }

  #note(change: () => void): void {
    change()
    this.#monitor.note({ quarantined: [...this.#rows.values()] })
  }
}

function nameOf({ kind, key }: RowName): string {
  return `${kind} ${key}`
}
