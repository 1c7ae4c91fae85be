import type { Clock } from '../../async/clock.ts'
import { inSlices } from '../../async/slices.ts'
import { digestOf, hashRows } from '../../layout/digest.ts'
import { decodeRow, versionIn } from '../../layout/row.ts'
import { readSidecar, type Sidecar } from '../../layout/sidecar.ts'
import type { Change } from '../../model/change-set.ts'
import type { Row, RowName, StoredData } from '../../model/persistent-store.ts'
import type { PendingWrites } from './pending-writes.ts'
import type { SidecarOrigin } from './sidecar-history.ts'

export interface WriterState {
  readonly pending: Pick<PendingWrites, 'get' | 'changes' | 'selector'>
  readonly environmentId: string | undefined
  /** Returns true if the database refused the row, so that its absence is not a loss. */
  readonly isRefused: (name: RowName) => boolean
  /** The sidecar of another writer that this writer replaced since it last read all rows. */
  readonly replaced: Sidecar | undefined
  readonly clock: Clock
}

export type DataProblem = { readonly type: 'foreign'; readonly environmentId: string } | DataLoss

type ComparisonResult =
  /** The data is that of this writer, or later data of another writer. */
  { readonly type: 'intact' } | DataProblem

export interface DataLoss {
  readonly type: 'loss'
  /** Completes the log line "lost its data:". */
  readonly reason: string
  /** `replace` also removes rows that memory does not hold; `merge` only adds and updates rows. */
  readonly repair: 'replace' | 'merge'
  /** Changes whose rows are missing, unreadable, or older than in memory. */
  readonly lacking: readonly Change[]
  /** Time for which the loss must last before it is repaired, because another writer may be in the middle of a write, in milliseconds. */
  readonly confirmMs: number
}

/** Two checks at this distance do not both fall between two writes of other writers. */
const CHECK_INTERVAL_MS = 5_000
/** Longest duration of a full write to a database that removes the sidecar first, with a reserve. */
const FULL_WRITE_MS = 35_000

/**
 * Compares stored data with the state of a writer: the data is intact, foreign, or incomplete (S171, S172). Relies on
 * versions that grow with every change of an item.
 */
export async function checkStoredData(
  stored: StoredData,
  origin: SidecarOrigin,
  writer: WriterState,
): Promise<ComparisonResult> {
  const sidecar = readSidecar(stored.sidecar)
  const { environmentId } = sidecar ?? {}
  if (
    environmentId !== undefined &&
    writer.environmentId !== undefined &&
    environmentId !== writer.environmentId
  ) {
    return { type: 'foreign', environmentId }
  }
  const comparison = await compareRows(stored.rows, writer)
  const { lacking, missing, tombstones, later, unknown } = comparison
  // If a writer with an earlier payload wrote last, or just before this one, the items that only its payload has were
  // deleted since (S148).
  const isAhead = [sidecar, writer.replaced].some((other) => progressOf(other, writer) < 0)
  const returned = later === 0 && isAhead ? comparison.returned : 0
  const reason = lossReason(stored, origin, comparison) ?? returnedReason(returned)
  if (reason === undefined) return { type: 'intact' }
  if (
    (origin === 'other' || origin === 'accepted') &&
    stored.initialized &&
    missing === lacking.length &&
    (await isLater(stored, sidecar, writer))
  ) {
    return { type: 'intact' }
  }
  // A merge cannot lower a row that another writer is about to write, so it is preferred if no row must be removed.
  const hasOutdatedRows = (later === 0 && unknown > 0 && origin === 'past') || returned > 0
  return {
    type: 'loss',
    reason,
    repair: hasOutdatedRows ? 'replace' : 'merge',
    lacking: [...lacking, ...tombstones],
    confirmMs: origin === 'own' && returned > 0 ? CHECK_INTERVAL_MS : confirmationOf(stored, origin),
  }
}

function lossReason(
  { initialized }: StoredData,
  origin: SidecarOrigin,
  { lacking: { length } }: RowComparison,
): string | undefined {
  if (origin === 'past') return 'it went back to an earlier state'
  if (!initialized) return 'the marker is missing'
  if (length > 0) return `rows are missing or older than they were (${length})`
  return origin === 'none' ? 'the sidecar is missing' : undefined
}

function returnedReason(returned: number): string | undefined {
  return returned > 0
    ? `another writer with earlier data wrote rows that were deleted (${returned})`
    : undefined
}

function confirmationOf({ initialized }: StoredData, origin: SidecarOrigin): number {
  if (origin === 'other' || origin === 'accepted') return CHECK_INTERVAL_MS
  return origin === 'none' && initialized ? FULL_WRITE_MS : 0
}

interface RowComparison {
  readonly lacking: readonly Change[]
  readonly missing: number
  /** Missing tombstones: not a loss by themselves, but a repair writes them because the digest contains them. */
  readonly tombstones: readonly Change[]
  readonly later: number
  readonly unknown: number
  /** Number of unknown rows that are items. The others are tombstones. */
  readonly returned: number
}

async function compareRows(
  rows: readonly Row[],
  { pending, isRefused, clock }: WriterState,
): Promise<RowComparison> {
  const lacking: Change[] = []
  const stored = { flag: new Set<string>(), segment: new Set<string>() }
  let later = 0
  let unknown = 0
  let returned = 0
  await inSlices(rows, clock, (row) => {
    stored[row.kind].add(row.key)
    const held = pending.get(row.kind, row.key)
    if (!held) {
      unknown++
      if (decodeRow(row).type === 'item') returned++
    } else if (!isRefused(row)) {
      const version = versionIn(row, row.text)
      if (version > held.version) later++
      else if (version < held.version) lacking.push(held)
    }
  })
  const older = lacking.length
  const tombstones: Change[] = []
  await inSlices(pending.changes(), clock, (change) => {
    if (stored[change.kind].has(change.key) || isRefused(change)) return
    if (change.op === 'put') lacking.push(change)
    else tombstones.push(change)
  })
  return { lacking, missing: lacking.length - older, tombstones, later, unknown, returned }
}

/** Recognizes complete data of a later payload version: the rows that it lacks were deleted. */
async function isLater(
  stored: StoredData,
  sidecar: Sidecar | undefined,
  writer: WriterState,
): Promise<boolean> {
  if (!sidecar || !(progressOf(sidecar, writer) > 0)) return false
  return digestOf(await hashRows(stored.rows, writer.clock)) === sidecar.digest
}

/**
 * Returns the number of payload versions by which the stored data is ahead of the writer; NaN if one of them has no
 * selector.
 */
function progressOf(sidecar: Sidecar | undefined, { pending }: WriterState): number {
  return (sidecar?.selector?.version ?? NaN) - (pending.selector?.version ?? NaN)
}
