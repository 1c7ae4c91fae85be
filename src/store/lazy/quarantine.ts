import { decodeRow } from '../../layout/row.ts'
import type { Item } from '../../model/change-set.ts'
import type { Row, RowName } from '../../model/persistent-store.ts'
import type { StoreMonitor } from '../store-monitor.ts'

/** Makes items of rows; a row nobody can read is left out, and named in the status until it can be (D17). */
export class Quarantine {
  readonly #monitor: StoreMonitor
  readonly #rows = new Map<string, RowName>()

  constructor(monitor: StoreMonitor) {
    this.#monitor = monitor
  }

  itemOf(row: Row): Item | undefined {
    const { kind, key } = row
    const name = `${kind} ${key}`
    const decoded = decodeRow(row)
    if (decoded.type === 'unreadable') {
      if (!this.#rows.has(name)) this.#note(() => this.#rows.set(name, { kind, key }))
      return undefined
    }
    if (this.#rows.has(name)) this.#note(() => this.#rows.delete(name))
    return decoded.type === 'item' ? decoded.item : undefined
  }

  #note(change: () => void): void {
    change()
    this.#monitor.note({ quarantined: [...this.#rows.values()] })
  }
}
