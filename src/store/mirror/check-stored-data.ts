import type { Clock } from '../../async/clock.ts'
import { inSlices } from '../../async/slices.ts'
import { digestOf, hashRows } from '../../layout/digest.ts'
import { decodeRow, versionIn } from '../../layout/row.ts'
import { readSidecar, type Sidecar } from '../../layout/sidecar.ts'
import type { Change } from '../../model/change-set.ts'
import type { Row, RowName, StoredData } from '../../model/persistent-store.ts'
import type { PendingWrites } from './pending-writes.ts'
import type { SidecarOrigin } from './sidecar-history.ts'

/** What one writer knows, to judge stored data by. */
export interface WriterState {
  readonly image: Pick<PendingWrites, 'get' | 'changes' | 'selector'>
  readonly environmentId: string | undefined
  /** Whether the database refused the row, so that its absence is no loss. */
  readonly isRefused: (name: RowName) => boolean
  readonly clock: Clock
}

/** What is to be done about stored data. */
export type CheckResult =
  /** It is what this process wrote last, or what another writer wrote later. */
  | { readonly type: 'sound' }
  /** It belongs to another environment. */
  | { readonly type: 'foreign'; readonly environmentId: string }
  | DataLoss

export interface DataLoss {
  readonly type: 'damaged'
  /** Completes "the database lost data:". */
  readonly reason: string
  /** `replace`: everything there is older, and some of it was deleted since. `merge`: nothing has to be removed. */
  readonly repair: 'replace' | 'merge'
  /** Changes whose rows are missing, unreadable or older than they should be. */
  readonly lacking: readonly Change[]
  /** How long this must be so before it is repaired, because another writer may be at work, in milliseconds. */
  readonly confirmMs: number
}

/** One look may fall between two writers; two looks do not. */
const CHECK_INTERVAL_MS = 5_000
/** The longest full write of a database that removes the sidecar first, and some more. */
const FULL_WRITE_MS = 35_000

/**
 * The one rule of repair: whether what lies in a database is this writer's own, complete, and its latest; or another
 * writer's, and as new; or lacks something. Sees rows of the same payload only, so a higher version is always later.
 */
export async function checkStoredData(
  stored: StoredData,
  origin: SidecarOrigin,
  own: WriterState,
): Promise<CheckResult> {
  const sidecar = readSidecar(stored.sidecar)
  const { environmentId } = sidecar ?? {}
  if (environmentId !== undefined && own.environmentId !== undefined && environmentId !== own.environmentId) {
    return { type: 'foreign', environmentId }
  }
  const comparison = await compare(stored.rows, own)
  const { lacking, missing, tombstones, later, unknown } = comparison
  // Written by a writer with an earlier payload: what only it holds was deleted since.
  const returned = later === 0 && isEarlier(sidecar, own) ? comparison.returned : 0
  const reason = reasonOf(stored, origin, comparison) ?? returnedReason(returned)
  if (reason === undefined) return { type: 'sound' }
  if (
    (origin === 'other' || origin === 'accepted') &&
    stored.initialized &&
    missing === lacking.length &&
    (await isLater(stored, sidecar, own))
  ) {
    return { type: 'sound' }
  }
  // A merge cannot lower a row that another writer writes meanwhile, so only rows to be removed take a replacement.
  const isOlder = (later === 0 && unknown > 0 && origin === 'past') || returned > 0
  return {
    type: 'damaged',
    reason,
    repair: isOlder ? 'replace' : 'merge',
    lacking: [...lacking, ...tombstones],
    confirmMs: confirmationOf(stored, origin),
  }
}

/** Returns what is wrong, in words; `undefined` if nothing is. */
function reasonOf(
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
  /** How many of those are not there at all. */
  readonly missing: number
  /** Tombstones that are not there: no loss by themselves, but part of what the sidecar says. */
  readonly tombstones: readonly Change[]
  /** Rows in a later version than the one held. */
  readonly later: number
  /** Rows under keys that are not held. */
  readonly unknown: number
  /** How many of those are objects, and not tombstones. */
  readonly returned: number
}

async function compare(
  rows: readonly Row[],
  { image, isRefused, clock }: WriterState,
): Promise<RowComparison> {
  const lacking: Change[] = []
  const there = { flag: new Set<string>(), segment: new Set<string>() }
  let later = 0
  let unknown = 0
  let returned = 0
  await inSlices(rows, clock, (row) => {
    there[row.kind].add(row.key)
    const held = image.get(row.kind, row.key)
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
  await inSlices(image.changes(), clock, (change) => {
    if (there[change.kind].has(change.key) || isRefused(change)) return
    if (change.op === 'put') lacking.push(change)
    else tombstones.push(change)
  })
  return { lacking, missing: lacking.length - older, tombstones, later, unknown, returned }
}

/** Whether another writer's data is complete and of a later version of the payload: what it lacks was deleted. */
async function isLater(stored: StoredData, sidecar: Sidecar | undefined, own: WriterState): Promise<boolean> {
  if (!sidecar || !(progressOf(sidecar, own) > 0)) return false
  return digestOf(await hashRows(stored.rows, own.clock)) === sidecar.digest
}

function isEarlier(sidecar: Sidecar | undefined, own: WriterState): boolean {
  return progressOf(sidecar, own) < 0
}

/** Returns how far stored data is ahead of this writer, in versions of the payload; NaN if one of the two has no selector. */
function progressOf(sidecar: Sidecar | undefined, { image }: WriterState): number {
  return (sidecar?.selector?.version ?? NaN) - (image.selector?.version ?? NaN)
}
