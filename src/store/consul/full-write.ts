import { KINDS } from '../../model/change-set.ts'
import type { RefusedRow, StoreWrite, WriteReport } from '../../model/persistent-store.ts'
import { fitsOne } from './batches.ts'
import { commitAll } from './commit-all.ts'
import { type Operation, roomFor, set } from './operation.ts'
import { type PlannedRow, planRows, type RowPlan } from './row-plan.ts'
import type { Writing } from './writing.ts'

/** A key to be deleted. */
interface Orphan {
  readonly key: string
  readonly room: number
}

/**
 * Replaces everything: in one transaction, if it fits into one. Otherwise the sidecar goes first, rows are written and
 * what is left over is deleted, and marker and sidecar come last, so that what is torn is never taken for complete.
 */
export async function writeFull(
  { rows, sidecar }: StoreWrite,
  writing: Writing,
  signal: AbortSignal,
): Promise<WriteReport> {
  const { keys } = writing
  const plan = planRows(rows, keys)
  const { together, alone, refused } = plan
  // A row that is refused is no orphan: what was there of it stays.
  const orphans = await findOrphans(new Set(rows.map((row) => keys.row(row))), writing, signal)
  const last = [set(keys.marker, ''), set(keys.sidecar, sidecar)]

  if (alone.length === 0 && fitsOne([...together, ...orphans])) {
    const all = [...together.map(setRow), ...orphans.map(remove), ...last]
    const { type } = await writing.attempt(all, signal)
    if (type === 'done') return { refused, older: 0 }
  }

  await writing.complete([remove({ key: keys.sidecar })], signal)
  const late = await writeRows(plan, writing, signal)
  await commitAll(orphans, signal, (few, inTime) => writing.attempt(few.map(remove), inTime))
  await writing.complete(last, signal)
  return { refused: [...refused, ...late], older: 0 }
}

/** Writes all rows: what flags refer to before them. Gives those Consul did not take after all. */
async function writeRows(
  { together, alone }: RowPlan,
  writing: Writing,
  signal: AbortSignal,
): Promise<readonly RefusedRow[]> {
  const refused: RefusedRow[] = []
  for (const kind of ['segment', 'flag'] as const) {
    const ofKind = ({ row }: PlannedRow): boolean => row.kind === kind
    for (const { row, key } of alone.filter(ofKind)) {
      const outcome = await writing.put({ key, text: row.text }, signal)
      if (outcome.type === 'tooLarge') refused.push({ kind, key: row.key, reason: outcome.reason })
    }
    const refusals = await commitAll(together.filter(ofKind), signal, (few, inTime) =>
      writing.attempt(few.map(setRow), inTime),
    )
    refused.push(...refusals.map(({ item, reason }) => ({ kind, key: item.row.key, reason })))
  }
  return refused
}

async function findOrphans(
  written: ReadonlySet<string>,
  writing: Writing,
  signal: AbortSignal,
): Promise<readonly Orphan[]> {
  const orphans: Orphan[] = []
  for (const folder of KINDS.map((kind) => writing.keys.folder(kind))) {
    for (const key of await writing.list(folder, signal)) {
      if (!written.has(key)) orphans.push({ key, room: roomFor(key, '') })
    }
  }
  return orphans
}

function setRow({ row, key }: PlannedRow): Operation {
  return set(key, row.text)
}

function remove({ key }: { readonly key: string }): Operation {
  return { Verb: 'delete', Key: key }
}
