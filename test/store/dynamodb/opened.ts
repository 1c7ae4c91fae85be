import { onTestFinished } from 'vitest'
import { type Clock, systemClock } from '../../../src/async/clock.ts'
import { Digest, markOf } from '../../../src/layout/digest.ts'
import { writeNotice } from '../../../src/layout/notice.ts'
import { encodeItem } from '../../../src/layout/row.ts'
import { readSidecar, writeSidecar } from '../../../src/layout/sidecar.ts'
import type { Kind } from '../../../src/model/kind.ts'
import type { Row, StoreWrite, VersionedRow } from '../../../src/model/persistent-store.ts'
import type { OpenedStore } from '../../../src/model/store-description.ts'
import { type DynamodbStoreOptions, dynamodbStore } from '../../../src/store/dynamodb/index.ts'
import type { Dynalite } from '../../support/dynalite.ts'

export const TABLE = 'flags'

/** A signal nobody aborts. */
export const signal: AbortSignal = new AbortController().signal

/**
 * Waits are over at once; deadlines are as long as they should be: what takes its time in a test is a busy machine.
 */
export const hurried: Clock = {
  ...systemClock,
  after: (ms, wake) => systemClock.after(ms < 10_000 ? ms / 1_000 : ms, wake),
}

let prefixes = 0

/** A prefix no other test uses. */
export function freshPrefix(): string {
  return `test-${++prefixes}`
}

export interface Opening extends Partial<DynamodbStoreOptions> {
  readonly clock?: Clock
}

/** A store on that database, closed when the test ends. */
export function opened(database: Dynalite, { clock = hurried, ...options }: Opening = {}): OpenedStore {
  const description = dynamodbStore({
    tableName: TABLE,
    ...(options.client || options.dynamoDBClient ? {} : { clientOptions: database.clientOptions }),
    ...options,
  })
  const logger = { debug() {}, info() {}, warn() {}, error() {} }
  const store = description.open({ clock, random: () => 0, logger })
  onTestFinished(() => store.store.close())
  return store
}

export function row(key: string, version: number, kind: Kind = 'flag', more: object = {}): VersionedRow {
  return encodeItem(kind, { key, version, object: { key, version, ...more } })
}

let revision = 0

/** A write whose sidecar says the truth about rows, if they are all there will be. */
export function write(
  type: StoreWrite['type'],
  rows: readonly VersionedRow[],
  all: readonly Row[] = rows,
): StoreWrite {
  const notice = writeNotice(rows)
  const sidecar = writeSidecar({
    keyFingerprint: 'f',
    generation: 'g',
    revision: ++revision,
    notice,
    savedAt: 0,
    digest: digestOf(all),
  })
  return { type, rows, notice, sidecar }
}

export function digestOf(rows: readonly Row[]): string {
  const digest = new Digest()
  for (const each of rows) digest.add(markOf(each))
  return digest.toString()
}

/** What a sidecar says its rows are. */
export function promisedBy(sidecar: string | undefined): string | undefined {
  return readSidecar(sidecar)?.digest
}

export function texts(rows: readonly Row[]): Record<string, string> {
  return Object.fromEntries(rows.map(({ kind, key, text }) => [`${kind} ${key}`, text]))
}
