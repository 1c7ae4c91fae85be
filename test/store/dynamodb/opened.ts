import { onTestFinished } from 'vitest'
import { type Clock, systemClock } from '../../../src/async/clock.ts'
import type { OpenedStore, Row, StoreWrite, VersionedRow } from '../../../src/model/persistent-store.ts'
import { type DynamodbStoreOptions, dynamodbStore } from '../../../src/store/dynamodb/dynamodb-store.ts'
import type { Dynalite } from '../../support/dynalite.ts'
import { delta, full } from '../../support/store-writes.ts'

export const TABLE = 'flags'

/** A clock that skips waits and keeps deadlines, because a busy machine may be slow. */
export const hurried: Clock = {
  ...systemClock,
  after: (ms, wake) => systemClock.after(ms < 10_000 ? ms / 1_000 : ms, wake),
}

export interface Opening extends Partial<DynamodbStoreOptions> {
  readonly clock?: Clock
}

/** Opens a store on that database, which is closed at the end of the test. */
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

export function write(type: StoreWrite['type'], rows: readonly VersionedRow[]): StoreWrite {
  return type === 'full' ? full(...rows) : delta(...rows)
}

export function texts(rows: readonly Row[]): Record<string, string> {
  return Object.fromEntries(rows.map(({ kind, key, text }) => [`${kind} ${key}`, text]))
}
