import { REPLACED, writeNotice } from '../../../src/layout/notice.ts'
import { encodeItem } from '../../../src/layout/row.ts'
import { writeSidecar } from '../../../src/layout/sidecar.ts'
import type { StoreWrite, VersionedRow } from '../../../src/model/persistent-store.ts'

export const never: AbortSignal = new AbortController().signal

export function flag(key: string, version = 1, members: object = {}): VersionedRow {
  return encodeItem('flag', { key, version, object: { key, version, ...members } })
}

export function segment(key: string, version = 1): VersionedRow {
  return encodeItem('segment', { key, version, object: { key, version } })
}

export function full(revision: number, ...rows: readonly VersionedRow[]): StoreWrite {
  return { type: 'full', rows, ...beside(revision, REPLACED) }
}

export function delta(revision: number, ...rows: readonly VersionedRow[]): StoreWrite {
  return { type: 'delta', rows, ...beside(revision, writeNotice(rows)) }
}

function beside(revision: number, notice: string): Pick<StoreWrite, 'sidecar' | 'notice'> {
  const entry = { generation: 'g', revision, notice, digest: String(revision) }
  return { notice, sidecar: writeSidecar({ keyFingerprint: 'f', savedAt: 0, ...entry }) }
}
