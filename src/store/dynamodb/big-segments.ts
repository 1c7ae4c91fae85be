import type { BigSegmentDatabase } from '../../model/big-segment-patch.ts'
import {
  type BigSegmentStore,
  type BigSegmentStoreDescription,
  membershipOf,
} from '../../model/big-segment-store.ts'
import type { StoreContext, StoreUse } from '../../model/persistent-store.ts'
import { loadEarly } from '../../options/load-peer.ts'
import { useWarnings } from '../../options/schemas.ts'
import { describePlace, openDynamodbBigSegmentWriter } from './big-segment-writer.ts'
import { DynamodbConnection, loadAws } from './connection.ts'
import { tableNames } from './items.ts'
import { checkDynamodbOptions, type DynamodbSettings, type DynamodbStoreOptions } from './options.ts'
import { Table } from './table.ts'

/** Options of {@link dynamodbBigSegmentStore}: those of {@link dynamodbStore} that locate the table, and the prefix. */
export type DynamodbBigSegmentStoreOptions = Omit<DynamodbStoreOptions, keyof StoreUse | 'feedIntervalMs'>

/** A description of a store of big segments in a DynamoDB table, for the option `bigSegments`. */
export interface DynamodbBigSegmentStoreDescription extends BigSegmentStoreDescription {
  readonly type: 'dynamodb'
  /** The name or ARN of the table. */
  readonly tableName: string
}

/**
 * Returns a store of big segments in a DynamoDB table, in the layout that LaunchDarkly's Relay Proxy writes. Needs the package
 * `@aws-sdk/client-dynamodb`. The store connects on first use and writes nothing.
 *
 * @throws {@link ConfigError} with every error of the options.
 * @example
 * ```ts
 * const client = createClient(sdkKey, { bigSegments: { store: dynamodbBigSegmentStore({ tableName: 'launchdarkly' }) } })
 * ```
 */
export function dynamodbBigSegmentStore(
  options: DynamodbBigSegmentStoreOptions,
): DynamodbBigSegmentStoreDescription {
  const root = 'dynamodbBigSegmentStore'
  const settings = checkDynamodbOptions(options, root)
  const { tableName, prefix, warnings } = settings
  return {
    type: 'dynamodb',
    tableName,
    prefix,
    openBigSegments(context) {
      loadEarly(loadAws, context.logger)
      for (const warning of [...warnings, ...useWarnings(root, options)]) context.logger.warn(warning)
      return openDynamodbBigSegments(settings, context)
    },
  }
}

/** Opens the members that a relay writes and reads. Each part has a client of its own, which connects on the first call. */
export function openDynamodbBigSegmentDatabase(
  options: DynamodbStoreOptions,
  context: StoreContext,
): BigSegmentDatabase {
  const settings = checkDynamodbOptions(options)
  return {
    reader: openDynamodbBigSegments(settings, context),
    writer: openDynamodbBigSegmentWriter(settings, context),
  }
}

/** Opens the store. It connects on the first call. */
function openDynamodbBigSegments(settings: DynamodbSettings, { clock }: StoreContext): BigSegmentStore {
  const { prefix, consistentReads } = settings
  const connection = new DynamodbConnection(settings, clock)
  const table = new Table(connection)
  const { bigSegments, bigSegmentMembers: namespace } = tableNames(prefix)
  const consistency = consistentReads ? 'strong' : 'eventual'
  return {
    name: describePlace(settings),
    async metadata(signal) {
      const item = await table.get(bigSegments, consistency, signal)
      const synchronizedOn = Number(item?.synchronizedOn?.N ?? Number.NaN)
      return { synchronizedOn: Number.isFinite(synchronizedOn) ? synchronizedOn : undefined }
    },
    async membership(hash, signal) {
      const item = await table.get({ namespace, key: hash }, consistency, signal)
      return membershipOf(item?.included?.SS ?? [], item?.excluded?.SS ?? [])
    },
    close: () => Promise.resolve(connection.close()),
  }
}
