import { versionIn } from '../../layout/row.ts'
import { KINDS } from '../../model/change-set.ts'
import { StoreError } from '../../model/errors.ts'
import type { RefusedRow, StoreWrite, VersionedRow, WriteReport } from '../../model/persistent-store.ts'
import { commitAll, fitsOne, type PlannedRow, planRows, type RowPlan } from './batches.ts'
import {
  bodyBytesOf,
  type ConsulEntry,
  type ConsulOperation,
  casOperation,
  setOperation,
  type TooLarge,
} from './transactions.ts'
import type { WriteSession } from './write-session.ts'

/** Of two who write one key at once, one has to look again; of many, all but one. */
const MOST_TRIES = 20

interface Written {
  readonly type: 'done'
  readonly older: number
  /** The sidecar, as it was before. */
  readonly replaced?: string
}

/**
 * Writes each row that is newer than what is there: in one transaction with the sidecar, if it all fits; otherwise in
 * several, the sidecar last, and the marker before it if the write is a merge. Until then the sidecar's digest does not fit the rows, which says that they are torn.
 */
export async function writeDelta(
  { type, rows, sidecar }: StoreWrite,
  writing: WriteSession,
  signal: AbortSignal,
): Promise<WriteReport> {
  const { batched, single, refused } = planRows(rows, writing.keys)
  const marker = type === 'merge' ? [setOperation(writing.keys.marker, '')] : []
  const last = [...marker, setOperation(writing.keys.sidecar, sidecar)]
  if (single.length === 0 && fitsOne(batched)) {
    const outcome = await writeNewer(batched, last, writing, signal)
    if (outcome.type === 'done') {
      const { older, replaced } = outcome
      return { refused, older, ...(replaced !== undefined && { replaced }) }
    }
  }

  const late: RefusedRow[] = []
  let older = 0
  const note = ({ row }: PlannedRow, outcome: Written | TooLarge): void => {
    if (outcome.type === 'done') older += outcome.older
    else late.push({ kind: row.kind, key: row.key, reason: outcome.reason })
  }
  for (const planned of single) note(planned, await putNewer(planned, writing, signal))
  const refusals = await commitAll(batched, signal, async (few, inTime) => {
    const outcome = await writeNewer(few, [], writing, inTime)
    if (outcome.type === 'done') older += outcome.older
    return outcome
  })
  for (const { item, reason } of refusals) note(item, { type: 'tooLarge', reason })
  const { sidecar: beside } = writing.keys
  const replaced = (await writing.entries([beside], signal)).get(beside)?.text
  await writing.commitSmall(last, signal)
  return { refused: [...refused, ...late], older, ...(replaced !== undefined && { replaced }) }
}

/** Rows of one transaction: read, compared, and written if nobody wrote meanwhile. */
async function writeNewer(
  rows: readonly PlannedRow[],
  last: readonly ConsulOperation[],
  writing: WriteSession,
  signal: AbortSignal,
): Promise<Written | TooLarge> {
  const { sidecar } = writing.keys
  const names = [...rows.map(({ key }) => key), ...(last.length > 0 ? [sidecar] : [])]
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const held = await writing.entries(names, signal)
    const newer = rows.filter(({ row, key }) => isNewer(row, held.get(key)))
    const changes = newer.map(({ row, key }) => casOperation(key, row.text, held.get(key)?.index ?? 0))
    const operations = [...changes, ...last]
    const replaced = last.length > 0 ? held.get(sidecar)?.text : undefined
    const older = rows.length - newer.length
    const done: Written = { type: 'done', older, ...(replaced !== undefined && { replaced }) }
    if (operations.length === 0) return done
    const outcome = await writing.commitGuarded(operations, signal)
    switch (outcome.type) {
      case 'done':
        return done
      case 'conflict':
        break
      case 'tooLarge':
        return outcome
      default:
        outcome satisfies never
    }
  }
  throw contended(writing.name)
}

/** A row too big for a transaction. */
async function putNewer(
  { row, key }: PlannedRow,
  writing: WriteSession,
  signal: AbortSignal,
): Promise<Written | TooLarge> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const held = (await writing.entries([key], signal)).get(key)
    if (!isNewer(row, held)) return { type: 'done', older: 1 }
    const outcome = await writing.put({ key, text: row.text, index: held?.index ?? 0 }, signal)
    if (outcome.type === 'done') return { type: 'done', older: 0 }
    if (outcome.type === 'tooLarge') return outcome
  }
  throw contended(writing.name)
}

function contended(name: string): StoreError {
  return new StoreError(
    'unavailable',
    `${name}: others write the same keys at the same time, again and again`,
  )
}

function isNewer(row: VersionedRow, held: ConsulEntry | undefined): boolean {
  return !held || row.version > versionIn(row, held.text)
}

/** A key to be deleted. */
interface Orphan {
  readonly key: string
  readonly bodyBytes: number
}

/**
 * Replaces everything: in one transaction, if it fits into one. Otherwise the sidecar goes first, rows are written and
 * what is left over is deleted, and marker and sidecar come last, so that what is torn is never taken for complete.
 */
export async function writeFull(
  { rows, sidecar }: StoreWrite,
  writing: WriteSession,
  signal: AbortSignal,
): Promise<WriteReport> {
  const { keys } = writing
  const plan = planRows(rows, keys)
  const { batched, single, refused } = plan
  // A row that is refused is no orphan: what was there of it stays.
  const orphans = await findOrphans(new Set(rows.map((row) => keys.row(row))), writing, signal)
  const last = [setOperation(keys.marker, ''), setOperation(keys.sidecar, sidecar)]

  if (single.length === 0 && fitsOne([...batched, ...orphans])) {
    const all = [...batched.map(setRow), ...orphans.map(remove), ...last]
    const { type } = await writing.commitWithoutConflict(all, signal)
    if (type === 'done') return { refused, older: 0 }
  }

  await writing.commitSmall([remove({ key: keys.sidecar })], signal)
  const late = await writeRows(plan, writing, signal)
  await commitAll(orphans, signal, (few, inTime) => writing.commitWithoutConflict(few.map(remove), inTime))
  await writing.commitSmall(last, signal)
  return { refused: [...refused, ...late], older: 0 }
}

/** Writes all rows: what flags refer to before them. Gives those Consul did not take after all. */
async function writeRows(
  { batched, single }: RowPlan,
  writing: WriteSession,
  signal: AbortSignal,
): Promise<readonly RefusedRow[]> {
  const refused: RefusedRow[] = []
  for (const kind of ['segment', 'flag'] as const) {
    const ofKind = ({ row }: PlannedRow): boolean => row.kind === kind
    for (const { row, key } of single.filter(ofKind)) {
      const outcome = await writing.put({ key, text: row.text }, signal)
      if (outcome.type === 'tooLarge') refused.push({ kind, key: row.key, reason: outcome.reason })
    }
    const refusals = await commitAll(batched.filter(ofKind), signal, (few, inTime) =>
      writing.commitWithoutConflict(few.map(setRow), inTime),
    )
    refused.push(...refusals.map(({ item, reason }) => ({ kind, key: item.row.key, reason })))
  }
  return refused
}

async function findOrphans(
  written: ReadonlySet<string>,
  writing: WriteSession,
  signal: AbortSignal,
): Promise<readonly Orphan[]> {
  const orphans: Orphan[] = []
  for (const folder of KINDS.map((kind) => writing.keys.folder(kind))) {
    for (const key of await writing.list(folder, signal)) {
      if (!written.has(key)) orphans.push({ key, bodyBytes: bodyBytesOf(key, '') })
    }
  }
  return orphans
}

function setRow({ row, key }: PlannedRow): ConsulOperation {
  return setOperation(key, row.text)
}

function remove({ key }: { readonly key: string }): ConsulOperation {
  return { Verb: 'delete', Key: key }
}
