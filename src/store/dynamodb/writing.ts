import type { RefusedRow, VersionedRow } from '../../model/persistent-store.ts'
import { reasonToRefuse } from './limits.ts'
import type { Names } from './names.ts'
import type { SidecarItem } from './sidecar-item.ts'
import type { Table } from './table.ts'
import type { Patience } from './until-done.ts'

/** What a write needs, whichever it is. */
export interface Writing {
  readonly table: Table
  readonly names: Names
  readonly sidecar: SidecarItem
  readonly patience: Patience
  readonly signal: AbortSignal
}

/** How many requests are under way at once. */
export const AT_ONCE = 8

/** Rows the table can hold, and those it cannot. */
export interface Sifted {
  readonly rows: readonly VersionedRow[]
  readonly refused: readonly RefusedRow[]
}

export function sift(rows: readonly VersionedRow[], { partition }: Names): Sifted {
  const refused = rows.flatMap((row) => {
    const reason = reasonToRefuse(partition(row.kind), row)
    return reason === undefined ? [] : [{ row, reason }]
  })
  const unfit = new Set(refused.map(({ row }) => row))
  return {
    rows: refused.length === 0 ? rows : rows.filter((row) => !unfit.has(row)),
    refused: refused.map(({ row: { kind, key }, reason }) => ({ kind, key, reason })),
  }
}
