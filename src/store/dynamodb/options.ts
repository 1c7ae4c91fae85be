import type { DynamoDBClient, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import { isJsonObject } from '../../model/json.ts'
import type { StoreUse } from '../../model/persistent-store.ts'
import { checkOptions, type OptionRules } from '../../options/check.ts'
import {
  CACHE_TTL_NAMES,
  duration,
  finite,
  group,
  readUse,
  storeUseSchemas,
  textThat,
  withinLimits,
} from '../../options/schemas.ts'
import { string, trueOrFalse, valueThat } from '../../options/value-schema.ts'

/** Default of `resumeTimeoutMs`: reading 10,000 rows takes one to two seconds. */
const RESUME_TIMEOUT_MS = 3_000
const FEED_INTERVAL_MS = 5_000
const LIMITS = { feedIntervalMs: { least: 1_000 } }

const awsClient = valueThat(
  (value) => isJsonObject(value) && typeof value.send === 'function',
  'a DynamoDBClient of @aws-sdk/client-dynamodb',
)

const RULES: Omit<OptionRules<DynamodbStoreOptions>, 'root'> = {
  schema: group(
    {
      prefix: string,
      client: awsClient,
      dynamoDBClient: awsClient,
      clientOptions: valueThat(isJsonObject, 'an object'),
      cacheTTL: duration,
      ...storeUseSchemas,
      consistentReads: trueOrFalse,
      feedIntervalMs: finite,
    },
    { tableName: textThat((name) => name !== '', 'a table name') },
  ),
  alternatives: [['client', 'dynamoDBClient', 'clientOptions'], CACHE_TTL_NAMES],
  limits: LIMITS,
}

/**
 * Checks the options of the function with the name `root`, and adds defaults. Throws a {@link ConfigError} with every
 * error.
 */
export function checkDynamodbOptions(
  options: DynamodbStoreOptions,
  root = 'dynamodbStore',
): DynamodbSettings {
  const warnings = checkOptions(options, { ...RULES, root })
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

/** Options of {@link dynamodbStore}. */
export interface DynamodbStoreOptions extends StoreUse {
  /** Name or ARN of an existing table with the partition key `namespace` and the sort key `key`, both strings. */
  readonly tableName: string
  /** Prefix of the rows, which separates environments in one table. Default: none, as in LaunchDarkly's SDKs. */
  readonly prefix?: string
  /** Existing client of the AWS SDK, which the store does not close. Default: one made with `clientOptions`. */
  readonly client?: DynamoDBClient
  /** Options of the client that the store creates. Default: region and credentials as the AWS SDK finds them. */
  readonly clientOptions?: DynamoDBClientConfig
  /** True for strongly consistent reads, which cost twice as much. Default `true`. */
  readonly consistentReads?: boolean
  /** Time between two checks for changes, in milliseconds. Default 5,000, minimum 1,000. */
  readonly feedIntervalMs?: number
  /** `client`, as LaunchDarkly's SDKs name it. */
  readonly dynamoDBClient?: DynamoDBClient
  /** `cacheTtlMs` in seconds, as LaunchDarkly's SDKs name it. */
  readonly cacheTTL?: number
}

export interface DynamodbSettings {
  readonly use: StoreUse
  readonly tableName: string
  readonly prefix: string
  readonly client: DynamoDBClient | undefined
  readonly clientOptions: DynamoDBClientConfig
  readonly consistentReads: boolean
  readonly feedIntervalMs: number
  readonly warnings: readonly string[]
}
