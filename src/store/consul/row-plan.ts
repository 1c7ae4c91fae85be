import type { RefusedRow, VersionedRow } from '../../model/persistent-store.ts'
import { fitsUrl } from './address.ts'
import type { KeySpace } from './key-space.ts'
import { MOST_BYTES, roomFor } from './operation.ts'

/** A row and where it goes. */
export interface PlannedRow {
  readonly row: VersionedRow
  readonly key: string
  /** In the body of a transaction, bytes. */
  readonly room: number
}

/** Which rows can go into transactions, which are too big for that but not for Consul, and which go nowhere. */
export interface RowPlan {
  readonly together: readonly PlannedRow[]
  readonly alone: readonly PlannedRow[]
  readonly refused: readonly RefusedRow[]
}

/** What accompanies rows in one transaction: a guard, the marker and the sidecar, or room for what cannot be foreseen. */
export const SPARE_BYTES: number = 16 * 1024

export function planRows(rows: readonly VersionedRow[], keys: KeySpace): RowPlan {
  const planned = rows.map((row) => {
    const key = keys.row(row)
    return { row, key, room: roomFor(key, row.text) }
  })
  const refused = planned.flatMap(({ row, key, room }) => {
    const reason = reasonToRefuse(row, key, room)
    return reason === undefined ? [] : [{ kind: row.kind, key: row.key, reason }]
  })
  const names = new Set(refused.map((row) => keys.row(row)))
  const taken = planned.filter(({ key }) => !names.has(key))
  return { together: taken.filter(fitsTogether), alone: taken.filter((row) => !fitsTogether(row)), refused }
}

function fitsTogether({ room }: { readonly room: number }): boolean {
  return room <= MOST_BYTES - SPARE_BYTES
}

function reasonToRefuse({ key, text }: VersionedRow, path: string, room: number): string | undefined {
  if (!key.isWellFormed()) return 'its key is not Unicode'
  const bytes = Buffer.byteLength(text)
  if (bytes > MOST_BYTES) return `it has ${bytes} bytes, and Consul takes ${MOST_BYTES}`
  if (!fitsTogether({ room }) && !fitsUrl(path)) {
    return `it has ${bytes} bytes, and under a key that no URL can hold Consul takes three quarters of ${MOST_BYTES}`
  }
  return undefined
}
