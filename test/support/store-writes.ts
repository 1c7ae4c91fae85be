import { Digest, hashRow } from '../../src/layout/digest.ts'
import { encodeItem } from '../../src/layout/row.ts'
import { REPLACED, writeNotice, writeSidecar } from '../../src/layout/sidecar.ts'
import type { ItemKind } from '../../src/model/change-set.ts'
import type { Row, StoreWrite, VersionedRow } from '../../src/model/persistent-store.ts'

/** Creates writes to a database with a sidecar. Child processes of tests use it too, so it does not import vitest. */

/** The signal of calls that are not aborted. */
export const never: AbortSignal = new AbortController().signal

let prefixes = 0

/** Returns a prefix that no other test uses, in any process. */
export function freshPrefix(): string {
  return `test-${process.pid}-${++prefixes}`
}

export function row(
  key: string,
  version: number,
  kind: ItemKind = 'flag',
  members: object = {},
): VersionedRow {
  return encodeItem(kind, { key, version, object: { key, version, ...members } })
}

export function rows(count: number, version: number, note = ''): VersionedRow[] {
  return Array.from({ length: count }, (_, index) => row(`flag-${index}`, version, 'flag', { note }))
}

export function full(...all: readonly VersionedRow[]): StoreWrite {
  return { type: 'full', rows: all, ...beside(all, REPLACED) }
}

/** Returns a sidecar with the digest of these rows. */
export function delta(...some: readonly VersionedRow[]): StoreWrite {
  return { type: 'delta', rows: some, ...beside(some, writeNotice(some)) }
}

let revisions = 0

/** The revision grows with each created write, whether or not it is executed. */
export function beside(
  about: readonly Row[],
  notice: string,
  revision: number = ++revisions,
): Pick<StoreWrite, 'sidecar' | 'notice'> {
  const entry = { generation: 'g', revision, notice, digest: digestOf(about) }
  return { notice, sidecar: writeSidecar({ keyFingerprint: 'f', savedAt: 0, ...entry }) }
}

export function digestOf(all: readonly Row[]): string {
  const digest = new Digest()
  for (const each of all) digest.add(hashRow(each))
  return digest.toString()
}
