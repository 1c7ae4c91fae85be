import { REPLACED, writeNotice } from '../../../src/layout/sidecar.ts'
import type { StoreWrite, VersionedRow } from '../../../src/model/persistent-store.ts'
import { beside, row } from '../../support/store-writes.ts'

export function flag(key: string, version = 1, members: object = {}): VersionedRow {
  return row(key, version, 'flag', members)
}

export function segment(key: string, version = 1): VersionedRow {
  return row(key, version, 'segment')
}

export function full(revision: number, ...rows: readonly VersionedRow[]): StoreWrite {
  return { type: 'full', rows, ...beside(rows, REPLACED, revision) }
}

export function delta(revision: number, ...rows: readonly VersionedRow[]): StoreWrite {
  return { type: 'delta', rows, ...beside(rows, writeNotice(rows), revision) }
}
