import type { Clock } from '../../async/clock.ts'
import { withDeadline } from '../../async/signals.ts'
import { sleep } from '../../async/sleep.ts'
import { inSlices } from '../../async/slices.ts'
import { type HashedRow, hashRow } from '../../layout/digest.ts'
import { changesInWriteOrder, encodeItem, encodeTombstone } from '../../layout/row.ts'
import { writeSidecar } from '../../layout/sidecar.ts'
import type { Change } from '../../model/change-set.ts'
import type { Logger } from '../../model/logger.ts'
import type {
  PersistentStore,
  RefusedRow,
  RowCounts,
  RowName,
  StoreWrite,
  VersionedRow,
} from '../../model/persistent-store.ts'
import type { StoreMonitor } from '../store-monitor.ts'
import type { ConfirmedWrite } from './loss-check.ts'
import type { PendingWrites, WriteBatch } from './pending-writes.ts'
import { type SidecarRows, type WriteRows, WrittenRows } from './written-rows.ts'

export interface WriterOptions {
  readonly store: PersistentStore
  readonly monitor: StoreMonitor
  /** Read at each write, because it changes when the SDK key is replaced. */
  readonly keyFingerprint: string
  readonly clock: Clock
  readonly logger: Logger
}

export interface WriteObserver {
  beforeWrite(sidecar: string): void
  /** Called with the sidecar that a delta replaced. Returns `earlier` if the database had been restored from a backup. */
  replaced(sidecar: string | undefined): 'earlier' | 'current'
}

interface WriteContext {
  readonly fencingToken: number | undefined
  readonly environmentId: string | undefined
  readonly observer: WriteObserver
}

interface SidecarData {
  readonly batch: WriteBatch
  readonly described: SidecarRows
}

interface PutResult {
  readonly refused: readonly RefusedRow[]
  readonly replaced: string | undefined
  readonly sidecar: string
}

const NO_ROWS: RowCounts = { flag: 0, segment: 0 }
const NO_CHANGES: WriteRows = { hashes: [], refused: [] }
/** A digest that matches no rows. */
const NO_DIGEST = ''

const WRITE_TIMEOUT_MS = 30_000
/** While changes arrive without pause, at most one part in this many of the time is spent on encoding rows. */
const ENCODING_SHARE = 8
const MAX_PAUSE_MS = 1_000
/** Time without a change after which a burst has reached memory, in milliseconds. */
const QUIET_MS = 5

/** Writes batches, each with a sidecar that allows a restart to resume from the data. */
export class Writer {
  readonly #options: WriterOptions
  readonly #written = new WrittenRows()
  #pauseMs = 0

  constructor(options: WriterOptions) {
    this.#options = options
  }

  /** Records that the database holds exactly these rows. Has no effect while rows are refused. */
  resume(rows: readonly HashedRow[]): void {
    if (!this.#written.hasRefusals) this.#written.resume(rows)
  }

  /** Counts only rows that the database still holds. Has no effect while rows are refused. */
  reconcile(stored: readonly HashedRow[]): void {
    if (!this.#written.hasRefusals) this.#written.reconcile(stored)
  }

  get digest(): string {
    return this.#written.digest
  }

  isRefused(name: RowName): boolean {
    return this.#written.isRefused(name)
  }

  /** Longest pause after the last write, in milliseconds. */
  get pauseMs(): number {
    return this.#pauseMs
  }

  /** Pauses after a write while changes keep arriving, so that a burst reaches memory first. */
  async pause(pending: Pick<PendingWrites, 'applied'>, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    const endsAt = clock.monotonic() + this.#pauseMs
    let applied: number
    do {
      applied = pending.applied
      await sleep(clock, Math.min(QUIET_MS, endsAt - clock.monotonic()), signal)
    } while (pending.applied > applied && clock.monotonic() < endsAt && !signal.aborted)
  }

  /** Writes a batch. After a rejection it may have been applied partially. */
  async write(batch: WriteBatch, context: WriteContext, signal: AbortSignal): Promise<ConfirmedWrite> {
    const { clock } = this.#options
    const { type } = batch
    const begun = clock.monotonic()
    const changes = type === 'delta' ? batch.changes : changesInWriteOrder(batch.changes)
    const { rows, hashes, refused: unwritable } = await encodeRows(changes, clock)
    this.#pauseMs = Math.min(MAX_PAUSE_MS, (clock.monotonic() - begun) * (ENCODING_SHARE - 1))
    const before = type === 'full' ? NO_ROWS : this.#written.counts
    const written = { hashes, refused: unwritable }
    const described = type === 'full' ? this.#written.begin(written) : this.#written.amend(written)
    const { refused, replaced, sidecar } = await this.#put(
      { type, rows },
      { ...context, batch, described },
      signal,
    )
    this.#written.refuse(refused)
    this.#report(type, hashes, [...unwritable, ...refused])
    const added = this.#written.hasRefusals ? undefined : difference(this.#written.counts, before)
    const wasRestored = type === 'delta' && context.observer.replaced(replaced) === 'earlier'
    if (refused.length === 0 && !wasRestored) return { type, sidecar, added, replaced }
    // The sidecar must not count refused rows. After a restore it must not contain the digest of the rows in memory: another
    // writer with the same data would find its own digest and would not compare the rows.
    const amended = this.#written.amend(NO_CHANGES)
    const correction = {
      ...context,
      batch,
      described: wasRestored ? { ...amended, digest: NO_DIGEST } : amended,
    }
    const corrected = await this.#put({ type: 'delta', rows: [] }, correction, signal)
    return { type, sidecar: corrected.sidecar, added, replaced }
  }

  async #put(
    { type, rows }: Pick<StoreWrite, 'type' | 'rows'>,
    { batch: { selector }, described, fencingToken, environmentId, observer }: WriteContext & SidecarData,
    signal: AbortSignal,
  ): Promise<PutResult> {
    const { store, keyFingerprint, clock } = this.#options
    const sidecar = writeSidecar({
      ...(selector && { selector }),
      ...(environmentId !== undefined && { environmentId }),
      keyFingerprint,
      ...described,
      savedAt: clock.now(),
    })
    observer.beforeWrite(sidecar)
    const write = {
      type,
      rows,
      sidecar,
      notice: described.notice,
      ...(fencingToken !== undefined && { fencingToken }),
    }
    const report = await withDeadline(clock, WRITE_TIMEOUT_MS, signal, (inTime) => store.write(write, inTime))
    return { refused: report.refused, replaced: report.replaced, sidecar }
  }

  /** Updates the refused rows in the status: each remains until it, or everything, is written. */
  #report(type: WriteBatch['type'], tried: readonly RowName[], refused: readonly RefusedRow[]): void {
    const { monitor, logger, store } = this.#options
    for (const { kind, key, reason } of refused) {
      logger.error(
        `${store.name} cannot hold ${kind} "${key}": ${reason}; its readers keep the previous version`,
      )
    }
    const { refused: before } = monitor.status.current
    const names = new Set(tried.map(({ kind, key }) => `${kind} ${key}`))
    const kept = type === 'full' ? [] : before.filter(({ kind, key }) => !names.has(`${kind} ${key}`))
    if (kept.length + refused.length + before.length === 0) return
    monitor.update({ refused: [...kept, ...refused.map(({ kind, key }) => ({ kind, key }))] })
  }
}

function difference(a: RowCounts, b: RowCounts): RowCounts {
  return { flag: a.flag - b.flag, segment: a.segment - b.segment }
}

interface EncodedRows {
  readonly rows: readonly VersionedRow[]
  /** The hashes of all changes, refused ones included, so that the digest does not match while a row is missing. */
  readonly hashes: readonly HashedRow[]
  readonly refused: readonly RefusedRow[]
}

export async function encodeRows(changes: readonly Change[], clock: Clock): Promise<EncodedRows> {
  const rows: VersionedRow[] = []
  const hashes: HashedRow[] = []
  const refused: RefusedRow[] = []
  await inSlices(changes, clock, (change) => {
    const { kind, key } = change
    const row = tryEncode(change)
    // No row has an empty text, so this hash matches none.
    const hash = hashRow(typeof row === 'object' ? row : { kind, key, text: '' })
    hashes.push({ kind, key, hash, deleted: change.op === 'delete' })
    if (typeof row === 'object') rows.push(row)
    else refused.push({ kind, key, reason: row })
  })
  return { rows, hashes, refused }
}

function tryEncode(change: Change): VersionedRow | string {
  try {
    return encodeChange(change)
  } catch (error) {
    return `it cannot be written as JSON (${(error as Error).message})`
  }
}

function encodeChange(change: Change): VersionedRow {
  switch (change.op) {
    case 'put':
      return encodeItem(change.kind, change)
    case 'delete':
      return encodeTombstone(change.kind, change.key, change.version)
    default:
      return change satisfies never
  }
}
