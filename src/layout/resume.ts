import type { Clock } from '../async/clock.ts'
import { inSlices } from '../async/slices.ts'
import type { FullChangeSet, PutChange } from '../model/change-set.ts'
import type { StoredData } from '../model/persistent-store.ts'
import type { DataOwner } from './data-owner.ts'
import { digestOf, type HashedRow, hashRows } from './digest.ts'
import { decodeRow } from './row.ts'
import { readSidecar, type Sidecar } from './sidecar.ts'

export type Resumption =
  | {
      readonly type: 'resumable'
      readonly changeSet: FullChangeSet
      readonly rows: readonly HashedRow[]
      readonly sidecar: Sidecar
    }
  | { readonly type: 'refused'; readonly reason: string }

/**
 * Decodes stored data if its rows are exactly those that the sidecar describes (D16). Then the service only has to send
 * the changes since; otherwise it sends a full payload.
 */
export async function resume(
  { initialized, rows, sidecar: text }: StoredData,
  owner: Pick<DataOwner, 'owns'>,
  clock: Clock,
): Promise<Resumption> {
  const sidecar = readSidecar(text)
  if (!sidecar) return refused(initialized ? 'other software wrote it' : 'nothing was written to it yet')
  if (!initialized) return refused('the last full write was not finished')
  if (!owner.owns(sidecar)) return refused('it was written with another SDK key')
  const { selector } = sidecar
  if (!selector) return refused('its sidecar has no selector')
  const hashed = await hashRows(rows, clock)
  if (digestOf(hashed) !== sidecar.digest) return refused('other software has written to it')
  const changes = await putsOf(rows, clock)
  return { type: 'resumable', changeSet: { type: 'full', changes, selector }, rows: hashed, sidecar }
}

async function putsOf(rows: StoredData['rows'], clock: Clock): Promise<PutChange[]> {
  const puts: PutChange[] = []
  await inSlices(rows, clock, (row) => {
    const decoded = decodeRow(row)
    if (decoded.type === 'item') puts.push({ op: 'put', kind: row.kind, ...decoded.item })
  })
  return puts
}

function refused(reason: string): Resumption {
  return { type: 'refused', reason }
}
