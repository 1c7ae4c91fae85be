import type { Clock } from '../async/clock.ts'
import { inSlices } from '../async/slices.ts'
import type { FullChangeSet, PutChange } from '../model/change-set.ts'
import type { StoredData } from '../model/persistent-store.ts'
import { digestOf, type HashedRow, hashRows } from './digest.ts'
import { decodeRow } from './row.ts'
import { readSidecar, type Sidecar } from './sidecar.ts'

/** What a restart can begin with, or why it cannot. */
export type Resumption =
  | {
      readonly type: 'resumable'
      readonly changeSet: FullChangeSet
      readonly marks: readonly HashedRow[]
      readonly sidecar: Sidecar
    }
  | { readonly type: 'refused'; readonly reason: string }

/**
 * Whether a database holds just what a writer of ours left there, so that the service can be asked for what changed since
 * (D16). Anything else costs a full payload, and never gives wrong data.
 */
export async function resume(
  { initialized, rows, sidecar: text }: StoredData,
  keyFingerprint: string,
  clock: Clock,
): Promise<Resumption> {
  const sidecar = readSidecar(text)
  if (!sidecar) return refused(initialized ? 'other software wrote it' : 'nothing was written to it yet')
  if (!initialized) return refused('the last full write was not finished')
  if (sidecar.keyFingerprint !== keyFingerprint) return refused('it was written with another SDK key')
  const { selector } = sidecar
  if (!selector) return refused('its data cannot be resumed from')
  const marks = await hashRows(rows, clock)
  if (digestOf(marks) !== sidecar.digest) return refused('somebody else has written to it')
  const changes = await putsOf(rows, clock)
  return { type: 'resumable', changeSet: { type: 'full', changes, selector }, marks, sidecar }
}

/** Everything that can be read and is not deleted. */
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
