import type { StoreDescription } from '../../model/persistent-store.ts'
import { openDynamodb } from './open-dynamodb.ts'
import { readOptions } from './read-options.ts'
import type { DynamodbStoreOptions } from './settings.ts'

/** A DynamoDB table, described. Client and credentials are known to `open` alone: printing shows neither. */
export interface DynamodbStoreDescription extends StoreDescription {
  readonly type: 'dynamodb'
  readonly tableName: string
  readonly consistentReads: boolean
  readonly feedIntervalMs: number
}

/**
 * Flag data in a DynamoDB table, in the layout LaunchDarkly's SDKs and Relay Proxy share. Needs the package
 * `@aws-sdk/client-dynamodb` when it is opened. Throws a {@link ConfigError} when the options are wrong.
 */
export function dynamodbStore(options: DynamodbStoreOptions): DynamodbStoreDescription {
  const settings = readOptions(options)
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
