import type { DynamoDBClient, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import { z } from 'zod'
import { isJsonObject } from '../../model/json.ts'
import type { StoreUse } from '../../model/persistent-store.ts'
import { checkOptions, type OptionRules } from '../../options/check.ts'
import {
  CACHE_RIVALS,
  duration,
  finite,
  group,
  readUse,
  textThat,
  useForms,
  withinLimits,
  yesOrNo,
} from '../../options/forms.ts'

/** Reading all of 10,000 rows takes one to two seconds. */
const RESUME_TIMEOUT_MS = 3_000
const FEED_INTERVAL_MS = 5_000
const LIMITS = { feedIntervalMs: { least: 1_000 } }

const awsClient = z.custom(
  (value) => isJsonObject(value) && typeof value.send === 'function',
  'a DynamoDBClient of @aws-sdk/client-dynamodb',
)

const RULES: OptionRules<DynamodbStoreOptions> = {
  root: 'dynamodbStore',
  form: group(
    {
      prefix: z.string('a string'),
      client: awsClient,
      dynamoDBClient: awsClient,
      clientOptions: z.custom(isJsonObject, 'an object'),
      cacheTTL: duration,
      ...useForms,
      consistentReads: yesOrNo,
      feedIntervalMs: finite,
    },
    { tableName: textThat((name) => name !== '', 'a table name') },
  ),
  rivals: [['client', 'dynamoDBClient', 'clientOptions'], CACHE_RIVALS],
  limits: LIMITS,
}

/** Checks options and fills them in. Throws a {@link ConfigError} with everything that is wrong. */
export function checkDynamodbOptions(options: DynamodbStoreOptions): DynamodbSettings {
  const warnings = checkOptions(options, RULES)
  const {
    tableName,
    prefix = '',
    client,
    dynamoDBClient,
    clientOptions = {},
    consistentReads = true,
  } = options
  const { feedIntervalMs = FEED_INTERVAL_MS } = options
  return {
    use: { resumeTimeoutMs: RESUME_TIMEOUT_MS, ...readUse(options) },
    tableName,
    prefix,
    client: client ?? dynamoDBClient,
    clientOptions,
    consistentReads,
    feedIntervalMs: withinLimits(feedIntervalMs, LIMITS.feedIntervalMs),
    warnings,
  }
}

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
export interface DynamodbSettings {
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
