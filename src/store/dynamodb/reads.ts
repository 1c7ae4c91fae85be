import type { Clock } from '../../async/clock.ts'
import { type ItemKind, KINDS } from '../../model/change-set.ts'
import type {
  ReadConsistency,
  Row,
  RowCounts,
  StoredData,
  StoreSummary,
} from '../../model/persistent-store.ts'
import { CountSchedule } from '../count-schedule.ts'
import { isThrottled } from './errors.ts'
import { keyProblem, type TableNames, toRow } from './items.ts'
import type { Page, Table } from './table.ts'

export interface ReadOptions {
  /** Consistency of reads that do not check for losses. */
  readonly consistency: ReadConsistency
  readonly clock: Clock
}

export class DynamodbReads {
  readonly #table: Table
  readonly #names: TableNames
  readonly #consistency: ReadConsistency
  readonly #counting: CountSchedule

  constructor(table: Table, names: TableNames, { consistency, clock }: ReadOptions) {
    this.#table = table
    this.#names = names
    this.#consistency = consistency
    this.#counting = new CountSchedule(clock)
  }

  initialized(signal: AbortSignal): Promise<boolean> {
    return this.#hasMarker(this.#consistency, signal)
  }

  sidecar(signal: AbortSignal): Promise<string | undefined> {
    return this.#sidecar(this.#consistency, signal)
  }

  async get(kind: ItemKind, key: string, signal: AbortSignal): Promise<Row | undefined> {
    if (keyProblem(key) !== undefined) return undefined
    const namespace = this.#names.partition(kind)
    const item = await this.#table.get({ namespace, key }, this.#consistency, signal)
    return item && toRow(kind, item)
  }

  /** Returns row counts only if they are due, because DynamoDB reads and charges every row that it counts. */
  async summary(signal: AbortSignal): Promise<StoreSummary> {
    const [state, counts] = await Promise.all([
      this.#state('strong', signal),
      this.#counting.isDue ? this.#counts(signal) : undefined,
    ])
    return { ...state, ...(counts && { counts }) }
  }

  async readAll(signal: AbortSignal, required?: ReadConsistency): Promise<StoredData> {
    const consistency = required ?? this.#consistency
    // Reads marker and sidecar first: a write that ends meanwhile then seems incomplete, never the reverse.
    const state = await this.#state(consistency, signal)
    const read = await Promise.all(KINDS.map((kind) => this.#rows(kind, consistency, signal)))
    // A read that is not part of a look detects no loss, so it does not replace a count.
    if (required === 'strong') this.#counting.spent(read.reduce((sum, { units }) => sum + units, 0))
    return { ...state, rows: read.flatMap(({ rows }) => rows) }
  }

  async #state(
    consistency: ReadConsistency,
    signal: AbortSignal,
  ): Promise<Pick<StoredData, 'initialized' | 'sidecar'>> {
    const [initialized, sidecar] = await Promise.all([
      this.#hasMarker(consistency, signal),
      this.#sidecar(consistency, signal),
    ])
    return { initialized, ...(sidecar !== undefined && { sidecar }) }
  }

  async #hasMarker(consistency: ReadConsistency, signal: AbortSignal): Promise<boolean> {
    return (await this.#table.get(this.#names.marker, consistency, signal)) !== undefined
  }

  async #sidecar(consistency: ReadConsistency, signal: AbortSignal): Promise<string | undefined> {
    return (await this.#table.get(this.#names.sidecar, consistency, signal))?.item?.S
  }

  async #rows(kind: ItemKind, consistency: ReadConsistency, signal: AbortSignal): Promise<ReadRows> {
    const rows: Row[] = []
    let units = 0
    const options = { consistency, select: 'items' } as const
    for await (const page of this.#table.pages(this.#names.partition(kind), options, signal)) {
      for (const item of page.items) rows.push(toRow(kind, item))
      units += page.units
    }
    return { rows, units }
  }

  /**
   * Counts the rows with eventual consistency, which costs half: a number that differs only leads to a read of all rows.
   * Returns `undefined` if the table is throttled.
   */
  async #counts(signal: AbortSignal): Promise<RowCounts | undefined> {
    try {
      const [flag, segment] = await Promise.all([this.#count('flag', signal), this.#count('segment', signal)])
      this.#counting.spent(flag.units + segment.units)
      return { flag: flag.count, segment: segment.count }
    } catch (error) {
      if (!isThrottled(error)) throw error
      this.#counting.spent(Infinity)
      return undefined
    }
  }

  async #count(kind: ItemKind, signal: AbortSignal): Promise<Omit<Page, 'items'>> {
    const total = { count: 0, units: 0 }
    const options = { consistency: 'eventual', select: 'count' } as const
    for await (const page of this.#table.pages(this.#names.partition(kind), options, signal)) {
      total.count += page.count
      total.units += page.units
    }
    return total
  }
}

interface ReadRows {
  readonly rows: readonly Row[]
  /** Cost of the read, in read units. */
  readonly units: number
}
