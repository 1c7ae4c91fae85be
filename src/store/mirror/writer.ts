import type { Clock } from '../../async/clock.ts'
import { withDeadline } from '../../async/deadline.ts'
import type { Marked } from '../../layout/digest.ts'
import { writeSidecar } from '../../layout/sidecar.ts'
import { changesInWriteOrder } from '../../layout/write-order.ts'
import type { Logger } from '../../model/logger.ts'
import type { PersistentStore, RefusedRow, Row, RowName } from '../../model/persistent-store.ts'
import type { StoreMonitor } from '../store-monitor.ts'
import { encodeRows } from './encode.ts'
import type { Batch } from './image.ts'
import { Ledger } from './ledger.ts'

export interface WriterOptions {
  readonly store: PersistentStore
  readonly monitor: StoreMonitor
  /** Tells environments apart, in the sidecar. */
  readonly keyFingerprint: string
  readonly clock: Clock
  readonly logger: Logger
}

/** Under whose name something is written. */
export interface Circumstances {
  readonly fence: number | undefined
  readonly environmentId: string | undefined
}

/** A write that takes longer has failed, whatever becomes of it. */
const WRITE_MS = 30_000
/** Of the time of a process, one part in so many goes to making rows while changes go on coming. */
const SHARE = 8
/** However long it took, nobody waits longer for the next write. */
const LONGEST_REST_MS = 1_000

/** Writes one batch after the other, with the books that let a restart resume from them. */
export class Writer {
  readonly #options: WriterOptions
  readonly #ledger = new Ledger()
  #restMs = 0

  constructor(options: WriterOptions) {
    this.#options = options
  }

  /** The database holds just these rows, as a writer before this one left them. */
  resume(marks: readonly Marked[]): void {
    this.#ledger.resume(marks)
  }

  /** Whether this very row was written by us. */
  wrote(row: Row): boolean {
    return this.#ledger.holds(row)
  }

  /** How long to leave the process alone after the last write: a burst of changes is for memory first. */
  get restMs(): number {
    return this.#restMs
  }

  /** Rejects when it failed; how much of it was done is then unknown. */
  async write(batch: Batch, { fence, environmentId }: Circumstances, signal: AbortSignal): Promise<void> {
    const { store, keyFingerprint, clock } = this.#options
    const { type, selector } = batch
    const begun = clock.monotonic()
    const changes = type === 'full' ? changesInWriteOrder(batch.changes) : batch.changes
    const { rows, marks, refused: unwritable } = await encodeRows(changes, clock)
    this.#restMs = Math.min(LONGEST_REST_MS, (clock.monotonic() - begun) * (SHARE - 1))
    const entry = type === 'full' ? this.#ledger.begin(marks) : this.#ledger.amend(marks)
    const sidecar = writeSidecar({
      ...(selector && { selector }),
      ...(environmentId !== undefined && { environmentId }),
      keyFingerprint,
      ...entry,
      savedAt: clock.now(),
    })
    const { notice } = entry
    const write = { type, rows, sidecar, notice, ...(fence !== undefined && { fence }) }
    const { refused } = await withDeadline(clock, WRITE_MS, signal, (inTime) => store.write(write, inTime))
    this.#report(type, marks, [...unwritable, ...refused])
  }

  /** A row that was refused stays so in the status until it is written, or everything is. */
  #report(type: Batch['type'], tried: readonly RowName[], refused: readonly RefusedRow[]): void {
    const { monitor, logger, store } = this.#options
    for (const { kind, key, reason } of refused) {
      logger.error(
        `${store.name} cannot hold ${kind} "${key}": ${reason}; readers of it keep what was there before`,
      )
    }
    const { refused: before } = monitor.status.current
    const names = new Set(tried.map(({ kind, key }) => `${kind} ${key}`))
    const kept = type === 'full' ? [] : before.filter(({ kind, key }) => !names.has(`${kind} ${key}`))
    if (kept.length + refused.length + before.length === 0) return
    monitor.note({ refused: [...kept, ...refused.map(({ kind, key }) => ({ kind, key }))] })
  }
}
