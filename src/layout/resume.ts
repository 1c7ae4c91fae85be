import type { FullChangeSet, Put } from '../model/change-set.ts'
import type { StoredData } from '../model/persistent-store.ts'
import { Digest, markOf } from './digest.ts'
import { decodeRow } from './row.ts'
import { readSidecar, type Sidecar } from './sidecar.ts'

/** What a restart can begin with, or why it cannot. */
export type Resumption =
  | { readonly type: 'resumable'; readonly changeSet: FullChangeSet; readonly sidecar: Sidecar }
  | { readonly type: 'refused'; readonly reason: string }

/**
 * Whether a database holds just what a writer of ours left there, so that the service can be asked for what changed since
 * (D16). Anything else costs a full payload, and never gives wrong data.
 */
export function resume({ initialized, rows, sidecar: text }: StoredData, keyFingerprint: string): Resumption {
  const sidecar = readSidecar(text)
  if (!sidecar) return refused(initialized ? 'other software wrote it' : 'nothing was written to it yet')
  if (!initialized) return refused('the last full write was not finished')
  if (sidecar.keyFingerprint !== keyFingerprint) return refused('it was written with another SDK key')
  if (!sidecar.selector) return refused('its data cannot be resumed from')
  const digest = new Digest()
  for (const row of rows) digest.add(markOf(row))
  if (digest.toString() !== sidecar.digest) return refused('somebody else has written to it')
  return {
    type: 'resumable',
    changeSet: { type: 'full', changes: putsOf(rows), selector: sidecar.selector },
    sidecar,
  }
}

/** Everything that can be read and is not deleted. */
export function putsOf(rows: StoredData['rows']): Put[] {
  return rows.flatMap((row) => {
    const decoded = decodeRow(row)
    return decoded.type === 'item' ? [{ op: 'put' as const, kind: row.kind, ...decoded.item }] : []
  })
}

function refused(reason: string): Resumption {
  return { type: 'refused', reason }
}
