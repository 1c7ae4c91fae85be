import type { Clock } from '../../async/clock.ts'
import { inSlices } from '../../async/slices.ts'
import { type Marked, markOf } from '../../layout/digest.ts'
import { encodeItem, encodeTombstone } from '../../layout/row.ts'
import type { Change } from '../../model/change-set.ts'
import type { RefusedRow, VersionedRow } from '../../model/persistent-store.ts'

/** Changes, as rows. */
export interface Encoded {
  readonly rows: readonly VersionedRow[]
  /** Of all changes, those of `refused` too: what lacks a row is not complete, and its digest says so. */
  readonly marks: readonly Marked[]
  /** Changes no row can be made of: nested deeper than the platform writes. */
  readonly refused: readonly RefusedRow[]
}

/** Makes rows of changes, in slices, so that a large payload blocks nobody. */
export async function encodeRows(changes: readonly Change[], clock: Clock): Promise<Encoded> {
  const rows: VersionedRow[] = []
  const marks: Marked[] = []
  const refused: RefusedRow[] = []
  await inSlices(changes, clock, (change) => {
    const { kind, key } = change
    const row = tryEncode(change)
    // No row has an empty text, so this mark is that of none.
    const mark = markOf(typeof row === 'object' ? row : { kind, key, text: '' })
    marks.push({ kind, key, mark, deleted: change.op === 'delete' })
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
