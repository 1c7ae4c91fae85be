import { z } from 'zod'
import { isJsonObject } from '../../model/json.ts'
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
import type { DynamodbStoreOptions, Settings } from './settings.ts'

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
export function readOptions(options: DynamodbStoreOptions): Settings {
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
