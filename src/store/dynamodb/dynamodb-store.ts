/**
 * Flag data in a DynamoDB table: {@link dynamodbStore} for flags, {@link dynamodbBigSegmentStore} for the members of big segments. Needs
 * the package `@aws-sdk/client-dynamodb`.
 *
 * @packageDocumentation
 */

import type { Clock } from '../../async/clock.ts'
import type { Lease, OpenedStore, StoreContext, StoreDescription } from '../../model/persistent-store.ts'
import { loadEarly } from '../../options/load-peer.ts'
import { DynamodbConnection, loadAws } from './connection.ts'
import { dynamodbFeed } from './feed.ts'
import { type ItemKey, tableNames } from './items.ts'
import { checkDynamodbOptions, type DynamodbSettings, type DynamodbStoreOptions } from './options.ts'
import { DynamodbReads } from './reads.ts'
import { SidecarItem } from './sidecar-item.ts'
import { Table } from './table.ts'
import { writeDelta, writeFull } from './writes.ts'

/**
 * A description of a store in a DynamoDB table, for the option `store`. Printing it shows neither client nor
 * credentials.
 */
export interface DynamodbStoreDescription extends StoreDescription {
  readonly type: 'dynamodb'
  /** The name or ARN of the table. */
  readonly tableName: string
  /** True if reads are strongly consistent. */
  readonly consistentReads: boolean
  /** Time between two checks for changes, in milliseconds. */
  readonly feedIntervalMs: number
}

/**
 * Returns a store in a DynamoDB table, in the layout that LaunchDarkly's SDKs and Relay Proxy share. Needs the
 * package `@aws-sdk/client-dynamodb`; if it is missing, the first call fails.
 *
 * @throws {@link ConfigError} with every error of the options.
 * @example
 * ```ts
 * const store = dynamodbStore({ tableName: 'launchdarkly', prefix: 'production' })
 * const client = createClient(sdkKey, { dataSystem: presets.daemon(store) })
 * ```
 */
export function dynamodbStore(options: DynamodbStoreOptions): DynamodbStoreDescription {
  const settings = checkDynamodbOptions(options)
  const { tableName, prefix, consistentReads, feedIntervalMs, use, warnings } = settings
  return {
    type: 'dynamodb',
    tableName,
    prefix,
    ...use,
    consistentReads,
    feedIntervalMs,
    open(context) {
      const opened = openDynamodb(settings, context)
      for (const warning of warnings) context.logger.warn(warning)
      return opened
    },
  }
}

export { ConfigError, type ConfigIssue, HalyardError } from '../../model/errors.ts'
export {
  type DynamodbBigSegmentStoreDescription,
  type DynamodbBigSegmentStoreOptions,
  dynamodbBigSegmentStore,
} from './big-segments.ts'
export type { DynamodbStoreOptions } from './options.ts'

/** Opens the store. It connects on the first call, which fails if the AWS SDK is not installed. */
function openDynamodb(settings: DynamodbSettings, { clock, random, logger }: StoreContext): OpenedStore {
  const { tableName, prefix, consistentReads, feedIntervalMs: intervalMs } = settings
  loadEarly(loadAws, logger)
  const connection = new DynamodbConnection(settings, clock)
  const table = new Table(connection)
  const names = tableNames(prefix)
  const reads = new DynamodbReads(table, names, {
    consistency: consistentReads ? 'strong' : 'eventual',
    clock,
  })
  return {
    store: {
      name: `DynamoDB table "${tableName}"${prefix && `, prefix "${prefix}"`}`,
      writeDelayMs: 0,
      initialized: (signal) => reads.initialized(signal),
      get: (kind, key, signal) => reads.get(kind, key, signal),
      summary: (signal) => reads.summary(signal),
      readAll: (signal, consistency) => reads.readAll(signal, consistency),
      write(write, signal) {
        const sidecar = new SidecarItem(table, names.sidecar, write.fencingToken)
        const writing = { table, names, sidecar, retryContext: { clock, random }, signal }
        return write.type === 'full' ? writeFull(write, writing) : writeDelta(write, writing)
      },
      close: () => Promise.resolve(connection.close()),
    },
    feed: dynamodbFeed({ reads, intervalMs, clock, random }),
    lease: dynamodbLease(table, names.lease, clock),
  }
}

const NAMES = { '#holder': 'holder', '#expiresAt': 'expiresAt' }

/**
 * Returns a lease in one item: holder, expiry and fencing token. Expiry uses the clock of each process: if clocks
 * differ, the lease changes hands too early or too late, and the fencing token excludes the former holder.
 */
function dynamodbLease(table: Table, key: ItemKey, clock: Clock): Lease {
  return {
    async acquire(holder, ttlMs, signal) {
      const now = clock.now()
      const times = { ':now': { N: String(now) }, ':until': { N: String(now + ttlMs) } }
      const values = { ':holder': { S: holder }, ...times }
      const kept = await table.update(
        key,
        {
          UpdateExpression: 'SET #expiresAt = :until',
          ConditionExpression: '#holder = :holder AND #expiresAt > :now',
          ExpressionAttributeNames: NAMES,
          ExpressionAttributeValues: values,
        },
        signal,
      )
      if (kept) return Number(kept.fence?.N)
      const taken = await table.update(
        key,
        {
          UpdateExpression: 'SET #holder = :holder, #expiresAt = :until ADD #fence :one',
          ConditionExpression: 'attribute_not_exists(#holder) OR #expiresAt <= :now',
          ExpressionAttributeNames: { ...NAMES, '#fence': 'fence' },
          ExpressionAttributeValues: { ...values, ':one': { N: '1' } },
        },
        signal,
      )
      return taken && Number(taken.fence?.N)
    },
    async release(holder, signal) {
      // The fencing token remains, because it must grow with the next holder.
      await table.update(
        key,
        {
          UpdateExpression: 'REMOVE #holder, #expiresAt',
          ConditionExpression: '#holder = :holder',
          ExpressionAttributeNames: NAMES,
          ExpressionAttributeValues: { ':holder': { S: holder } },
        },
        signal,
      )
    },
  }
}
