import type { DynamoDBClient, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import type { StoreUse } from '../../model/persistent-store.ts'

/** Which table, how it is reached, and how it is used. */
export interface DynamodbStoreOptions extends StoreUse {
  /**
   * The table, which must exist: partition key `namespace` (a string), sort key `key` (a string). A name, or an ARN.
   */
  readonly tableName: string
  /** Tells environments apart that share a table. None by default, as in LaunchDarkly's SDKs. */
  readonly prefix?: string
  /** A client to use, which stays open. Without one, a client is made of `clientOptions` and closed with the store. */
  readonly client?: DynamoDBClient
  /** What a client is made with. Default: region and credentials as the AWS SDK finds them. */
  readonly clientOptions?: DynamoDBClientConfig
  /** Whether reads see every write that was finished before, at twice the price. Default `true`. */
  readonly consistentReads?: boolean
  /** How often readers look for changes, milliseconds. Default 5,000; 1,000 at least. */
  readonly feedIntervalMs?: number
  /** LaunchDarkly's name of `client`. */
  readonly dynamoDBClient?: DynamoDBClient
  /** LaunchDarkly's `cacheTtlMs`, in seconds. */
  readonly cacheTTL?: number
}

/** Options with nothing left to ask. */
export interface Settings {
  readonly use: StoreUse
  readonly tableName: string
  readonly prefix: string
  readonly client: DynamoDBClient | undefined
  readonly clientOptions: DynamoDBClientConfig
  readonly consistentReads: boolean
  readonly feedIntervalMs: number
  /** What to tell the user of, once there is a logger. */
  readonly warnings: readonly string[]
}
