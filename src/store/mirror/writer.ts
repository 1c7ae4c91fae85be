import type { Clock } from '../../async/clock.ts'
import { withDeadline } from '../../async/signals.ts'
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
import type { WriteBatch } from './pending-writes.ts'
import { type RowMarks, type SidecarRows, WrittenRows } from './written-rows.ts'

export interface WriterOptions {
  readonly store: PersistentStore
  readonly monitor: StoreMonitor
  /** Tells environments apart, in the sidecar. */
  readonly keyFingerprint: string
  readonly clock: Clock
  readonly logger: Logger
}

/** What accompanies the rows of a write. */
interface WriteContext {
  readonly fence: number | undefined
  readonly environmentId: string | undefined
  /** Called before each sidecar is written. */
  readonly writes: (sidecar: string) => void
  /** Called with the sidecar that a delta replaced. Returns `earlier` if the database had been restored from a backup. */
  readonly replaced: (sidecar: string | undefined) => 'earlier' | 'current'
}

/** The data a sidecar describes. */
interface Stated {
  readonly batch: WriteBatch
  readonly entry: SidecarRows
}

interface PutResult {
  readonly refused: readonly RefusedRow[]
  readonly replaced: string | undefined
  readonly sidecar: string
}

const NO_ROWS: RowCounts = { flag: 0, segment: 0 }
const NO_ENTRIES: RowMarks = { marks: [], refused: [] }
/** A digest that matches no rows. */
const NO_DIGEST = ''

/** A write that takes longer has failed, whatever becomes of it. */
const WRITE_MS = 30_000
/** Of the time of a process, one part in so many goes to making rows while changes go on coming. */
const ENCODING_SHARE = 8
/** However long it took, nobody waits longer for the next write. */
const MAX_PAUSE_MS = 1_000

/** Writes one batch after the other, with the books that let a restart resume from them. */
export class Writer {
  readonly #options: WriterOptions
  readonly #ledger = new WrittenRows()
  #restMs = 0

  constructor(options: WriterOptions) {
    this.#options = options
  }

  /** Notes that the database holds just these rows, some of them of other writers. Keeps account of refused rows instead. */
  resume(marks: readonly HashedRow[]): void {
    if (!this.#ledger.hasRefusals) this.#ledger.resume(marks)
  }

  /** Digest of the rows that the database is known to hold, in the form of a sidecar. */
  get digest(): string {
    return this.#ledger.digest
  }

  /** Whether the database refused this row. */
  isRefused(name: RowName): boolean {
    return this.#ledger.isRefused(name)
  }

  /** How long to leave the process alone after the last write: a burst of changes is for memory first. */
  get restMs(): number {
    return this.#restMs
  }

  /** Rejects when it failed; how much of it was done is then unknown. */
  async write(batch: WriteBatch, circumstances: WriteContext, signal: AbortSignal): Promise<ConfirmedWrite> {
    const { clock } = this.#options
    const { type } = batch
    const begun = clock.monotonic()
    const changes = type === 'delta' ? batch.changes : changesInWriteOrder(batch.changes)
    const { rows, marks, refused: unwritable } = await encodeRows(changes, clock)
    this.#restMs = Math.min(MAX_PAUSE_MS, (clock.monotonic() - begun) * (ENCODING_SHARE - 1))
    const before = type === 'full' ? NO_ROWS : this.#ledger.counts
    const entries = { marks, refused: unwritable }
    const entry = type === 'full' ? this.#ledger.begin(entries) : this.#ledger.amend(entries)
    const { refused, replaced, sidecar } = await this.#put(
      { type, rows },
      { ...circumstances, batch, entry },
      signal,
    )
    this.#ledger.refuse(refused)
    this.#report(type, marks, [...unwritable, ...refused])
    const added = this.#ledger.hasRefusals ? undefined : difference(this.#ledger.counts, before)
    const wasRestored = type === 'delta' && circumstances.replaced(replaced) === 'earlier'
    if (refused.length === 0 && !wasRestored) return { type, sidecar, added, replaced }
    // The sidecar must not count refused rows. And after a restore it must not have the digest of rows that are not there:
    // another writer of the same data would find its own digest and would not compare the rows.
    const amended = this.#ledger.amend(NO_ENTRIES)
    const correction = {
      ...circumstances,
      batch,
      entry: wasRestored ? { ...amended, digest: NO_DIGEST } : amended,
    }
    const corrected = await this.#put({ type: 'delta', rows: [] }, correction, signal)
    return { type, sidecar: corrected.sidecar, added, replaced }
  }

  async #put(
    { type, rows }: Pick<StoreWrite, 'type' | 'rows'>,
    { batch: { selector }, entry, fence, environmentId, writes }: WriteContext & Stated,
    signal: AbortSignal,
  ): Promise<PutResult> {
    const { store, keyFingerprint, clock } = this.#options
    const sidecar = writeSidecar({
      ...(selector && { selector }),
      ...(environmentId !== undefined && { environmentId }),
      keyFingerprint,
      ...entry,
      savedAt: clock.now(),
    })
    writes(sidecar)
    const write = {
      type,
      rows,
      sidecar,
      notice: entry.notice,
      ...(fence !== undefined && { fencingToken: fence }),
    }
    const report = await withDeadline(clock, WRITE_MS, signal, (inTime) => store.write(write, inTime))
    return { refused: report.refused, replaced: report.replaced, sidecar }
  }

  /** A row that was refused stays so in the status until it is written, or everything is. */
  #report(type: WriteBatch['type'], tried: readonly RowName[], refused: readonly RefusedRow[]): void {
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
    monitor.update({ refused: [...kept, ...refused.map(({ kind, key }) => ({ kind, key }))] })
  }
}

function difference(a: RowCounts, b: RowCounts): RowCounts {
  return { flag: a.flag - b.flag, segment: a.segment - b.segment }
}

/** Changes, as rows. */
interface EncodedRows {
  readonly rows: readonly VersionedRow[]
  /** Of all changes, those of `refused` too: what lacks a row is not complete, and its digest says so. */
  readonly marks: readonly HashedRow[]
  /** Changes no row can be made of: nested deeper than the platform writes. */
  readonly refused: readonly RefusedRow[]
}

/** Makes rows of changes, in slices, so that a large payload blocks nobody. */
export async function encodeRows(changes: readonly Change[], clock: Clock): Promise<EncodedRows> {
  const rows: VersionedRow[] = []
  const marks: HashedRow[] = []
  const refused: RefusedRow[] = []
  await inSlices(changes, clock, (change) => {
    const { kind, key } = change
    const row = tryEncode(change)
    // No row has an empty text, so this mark is that of none.
    const hash = hashRow(typeof row === 'object' ? row : { kind, key, text: '' })
    marks.push({ kind, key, hash, deleted: change.op === 'delete' })
    if (typeof row === 'object') rows.push(row)
    else refused.push({ kind, key, reason: row })
  })
  return { rows, marks, refused }
}

/** The row, or why there is none. */
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
