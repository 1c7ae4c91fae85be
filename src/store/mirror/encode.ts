import type { Clock } from '../../async/clock.ts'
import { encodeItem, encodeTombstone } from '../../layout/row.ts'
import type { Change } from '../../model/change-set.ts'
import type { VersionedRow } from '../../model/persistent-store.ts'

/** How long the process is kept from other work in one go, milliseconds. */
const SLICE_MS = 4

/** Makes rows of changes, in slices, so that a large payload blocks nobody. */
export async function encodeRows(changes: readonly Change[], clock: Clock): Promise<VersionedRow[]> {
  const rows: VersionedRow[] = []
  let begun = clock.monotonic()
  for (const change of changes) {
    rows.push(encodeChange(change))
    if (clock.monotonic() - begun < SLICE_MS) continue
    await clock.breathe()
    begun = clock.monotonic()
  }
  return rows
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
