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

/**
 * Maximum number of attempts while other writers change the same keys. Of many concurrent writers, only one succeeds
 * per attempt.
 */
const MAX_ATTEMPTS = 20

interface Written {
  readonly type: 'done'
  readonly older: number
  readonly replaced?: string
}

/**
 * Writes the rows that are newer than the stored ones: in one transaction with the sidecar if all fit. Otherwise in
 * several, and the sidecar last, after the marker if the write is a merge. Until then the digest of the sidecar does
 * not match the rows, which marks them as incomplete.
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

  const refusedLater: RefusedRow[] = []
  let older = 0
  const record = ({ row }: PlannedRow, outcome: Written | TooLarge): void => {
    if (outcome.type === 'done') older += outcome.older
    else refusedLater.push({ kind: row.kind, key: row.key, reason: outcome.reason })
  }
  for (const planned of single) record(planned, await writeSingle(planned, writing, signal))
  const refusals = await commitAll(batched, signal, async (few, inTime) => {
    const outcome = await writeNewer(few, [], writing, inTime)
    if (outcome.type === 'done') older += outcome.older
    return outcome
  })
  for (const { item, reason } of refusals) record(item, { type: 'tooLarge', reason })
  const { sidecar: key } = writing.keys
  const replaced = (await writing.entries([key], signal)).get(key)?.text
  await writing.commitSmall(last, signal)
  return { refused: [...refused, ...refusedLater], older, ...(replaced !== undefined && { replaced }) }
}

/** Writes the newer rows of one transaction. Repeats the comparison if another writer changed them meanwhile. */
async function writeNewer(
  rows: readonly PlannedRow[],
  last: readonly ConsulOperation[],
  writing: WriteSession,
  signal: AbortSignal,
): Promise<Written | TooLarge> {
  const { sidecar } = writing.keys
  const names = [...rows.map(({ key }) => key), ...(last.length > 0 ? [sidecar] : [])]
  for (let tries = 0; tries < MAX_ATTEMPTS; tries++) {
    const stored = await writing.entries(names, signal)
    const newer = rows.filter(({ row, key }) => isNewer(row, stored.get(key)))
    const changes = newer.map(({ row, key }) => casOperation(key, row.text, stored.get(key)?.index ?? 0))
    const operations = [...changes, ...last]
    const replaced = last.length > 0 ? stored.get(sidecar)?.text : undefined
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

async function writeSingle(
  { row, key }: PlannedRow,
  writing: WriteSession,
  signal: AbortSignal,
): Promise<Written | TooLarge> {
  for (let tries = 0; tries < MAX_ATTEMPTS; tries++) {
    const stored = (await writing.entries([key], signal)).get(key)
    if (!isNewer(row, stored)) return { type: 'done', older: 1 }
    const outcome = await writing.put({ key, text: row.text, index: stored?.index ?? 0 }, signal)
    if (outcome.type === 'done') return { type: 'done', older: 0 }
    if (outcome.type === 'tooLarge') return outcome
  }
  throw contended(writing.name)
}

function contended(name: string): StoreError {
  return new StoreError(
    'unavailable',
    `${name}: other writers changed the same keys in each of ${MAX_ATTEMPTS} attempts`,
  )
}

function isNewer(row: VersionedRow, stored: ConsulEntry | undefined): boolean {
  return !stored || row.version > versionIn(row, stored.text)
}

interface Orphan {
  readonly key: string
  readonly bodyBytes: number
}

/**
 * Replaces all data: in one transaction if it fits. Otherwise deletes the sidecar, writes rows, deletes the remaining
 * keys, and writes marker and sidecar last, so that readers never take incomplete data for complete.
 */
export async function writeFull(
  { rows, sidecar }: StoreWrite,
  writing: WriteSession,
  signal: AbortSignal,
): Promise<WriteReport> {
  const { keys } = writing
  const plan = planRows(rows, keys)
  const { batched, single, refused } = plan
  // A refused row keeps its stored version.
  const orphans = await findOrphans(new Set(rows.map((row) => keys.row(row))), writing, signal)
  const last = [setOperation(keys.marker, ''), setOperation(keys.sidecar, sidecar)]

  if (single.length === 0 && fitsOne([...batched, ...orphans])) {
    const all = [...batched.map(setRow), ...orphans.map(remove), ...last]
    const { type } = await writing.commitWithoutConflict(all, signal)
    if (type === 'done') return { refused, older: 0 }
  }

  await writing.commitSmall([remove({ key: keys.sidecar })], signal)
  const refusedLater = await writeRows(plan, writing, signal)
  await commitAll(orphans, signal, (few, inTime) => writing.commitWithoutConflict(few.map(remove), inTime))
  await writing.commitSmall(last, signal)
  return { refused: [...refused, ...refusedLater], older: 0 }
}

/** Writes all rows, segments before the flags that refer to them. Returns those that Consul refused. */
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
