import { type ItemKind, KINDS } from '../../model/change-set.ts'
import type { Row, StoredData, StoreSummary } from '../../model/persistent-store.ts'
import { keyProblem, type TableNames, toRow } from './items.ts'
import type { ReadConsistency, Table } from './table.ts'

export class DynamodbReads {
  readonly #table: Table
  readonly #names: TableNames
  readonly #consistency: ReadConsistency

  constructor(table: Table, names: TableNames, consistency: ReadConsistency) {
    this.#table = table
    this.#names = names
    this.#consistency = consistency
  }

  async initialized(signal: AbortSignal): Promise<boolean> {
    return (await this.#table.get(this.#names.marker, this.#consistency, signal)) !== undefined
  }

  async sidecar(signal: AbortSignal): Promise<string | undefined> {
    return (await this.#table.get(this.#names.sidecar, this.#consistency, signal))?.item?.S
  }

  async get(kind: ItemKind, key: string, signal: AbortSignal): Promise<Row | undefined> {
    if (keyProblem(key) !== undefined) return undefined
    const namespace = this.#names.partition(kind)
    const item = await this.#table.get({ namespace, key }, this.#consistency, signal)
    return item && toRow(kind, item)
  }

  /** Returns no row counts, because DynamoDB reads and charges every row that it counts. */
  async summary(signal: AbortSignal): Promise<StoreSummary> {
    const [initialized, sidecar] = await Promise.all([this.initialized(signal), this.sidecar(signal)])
    return { initialized, ...(sidecar !== undefined && { sidecar }) }
  }

  async readAll(signal: AbortSignal): Promise<StoredData> {
    // Reads marker and sidecar first: a write that ends meanwhile then seems incomplete, never the reverse.
    const summary = await this.summary(signal)
    const rows = await Promise.all(KINDS.map((kind) => this.#rows(kind, signal)))
    return { ...summary, rows: rows.flat() }
  }

  async #rows(kind: ItemKind, signal: AbortSignal): Promise<Row[]> {
    const rows: Row[] = []
    for await (const page of this.#table.pages(this.#names.partition(kind), this.#consistency, signal)) {
      for (const item of page) rows.push(toRow(kind, item))
    }
    return rows
  }
}
