import { z } from 'zod'
import { ConfigError, type ConfigIssue } from '../../model/errors.ts'
import type { StoreUse } from '../../model/store-description.ts'
import type { DynamodbStoreOptions, Settings } from './settings.ts'

const ROOT = 'dynamodbStore'
const FEED_INTERVAL_MS = 5_000
const SHORTEST_FEED_INTERVAL_MS = 1_000

const atLeastNothing = 'a number that is not negative, or Infinity'
const duration = z
  .custom<number>((value) => typeof value === 'number' && value >= 0, atLeastNothing)
  .optional()
const client = z
  .custom((value) => hasFunction(value, 'send'), 'a DynamoDBClient of @aws-sdk/client-dynamodb')
  .optional()
const oneOf = (...words: readonly string[]): z.ZodType =>
  z.literal([...words], words.map((word) => JSON.stringify(word)).join(' or ')).optional()

const schema = z.strictObject({
  tableName: z.string('a table name').min(1, 'a table name'),
  prefix: z.string('a string').optional(),
  client,
  dynamoDBClient: client,
  clientOptions: z.custom((value) => typeof value === 'object' && value !== null, 'an object').optional(),
  cacheTtlMs: duration,
  cacheTTL: duration,
  staleOnErrorMs: duration,
  reads: oneOf('lazy', 'snapshot'),
  writers: oneOf('all', 'one'),
  consistentReads: z.boolean('a boolean').optional(),
  feedIntervalMs: z.number('a finite number').optional(),
})

/** Of which two names only one may be used: the second says the same in another way. */
const SAME: readonly (readonly [keyof DynamodbStoreOptions, keyof DynamodbStoreOptions])[] = [
  ['client', 'dynamoDBClient'],
  ['client', 'clientOptions'],
  ['dynamoDBClient', 'clientOptions'],
  ['cacheTtlMs', 'cacheTTL'],
]

/** Checks options and fills them in. Throws a {@link ConfigError} with everything that is wrong; repeats no value. */
export function readOptions(options: DynamodbStoreOptions): Settings {
  const found = schema.safeParse(options, { jitless: true }).error?.issues ?? []
  const issues = [...found.flatMap((issue) => toIssue(options, issue)), ...contradictions(options)]
  if (issues.length > 0) throw new ConfigError(issues)
  const { tableName, prefix = '', clientOptions = {}, consistentReads = true } = options
  const { feedIntervalMs = FEED_INTERVAL_MS } = options
  const unknown = found.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : []))
  const warnings = unknown.map((key) => `${ROOT}.${key} is not an option; ignored`)
  if (feedIntervalMs < SHORTEST_FEED_INTERVAL_MS) {
    warnings.push(`${ROOT}.feedIntervalMs is ${feedIntervalMs}; raised to ${SHORTEST_FEED_INTERVAL_MS}`)
  }
  return {
    use: readUse(options),
    tableName,
    prefix,
    client: options.client ?? options.dynamoDBClient,
    clientOptions,
    consistentReads,
    feedIntervalMs: Math.max(feedIntervalMs, SHORTEST_FEED_INTERVAL_MS),
    warnings,
  }
}

function readUse({ cacheTtlMs, cacheTTL, staleOnErrorMs, reads, writers }: DynamodbStoreOptions): StoreUse {
  const ttlMs = cacheTtlMs ?? (cacheTTL === undefined ? undefined : cacheTTL * 1_000)
  return {
    ...(ttlMs !== undefined && { cacheTtlMs: ttlMs }),
    ...(staleOnErrorMs !== undefined && { staleOnErrorMs }),
    ...(reads && { reads }),
    ...(writers && { writers }),
  }
}

function contradictions(options: unknown): ConfigIssue[] {
  if (typeof options !== 'object' || options === null) return []
  const given = new Map(Object.entries(options).filter(([, value]) => value !== undefined))
  return SAME.filter((names) => names.every((name) => given.has(name))).map(([one, other]) => ({
    path: `${ROOT}.${other}`,
    expected: `nothing beside ${one}`,
    received: nameOf(given.get(other)),
  }))
}

function toIssue(options: unknown, { code, path: [key], message }: z.core.$ZodIssue): ConfigIssue[] {
  if (code === 'unrecognized_keys') return []
  if (key === undefined)
    return [{ path: ROOT, expected: 'an object with a tableName', received: nameOf(options) }]
  const value = (options as Readonly<Record<PropertyKey, unknown>>)[key]
  return [{ path: `${ROOT}.${String(key)}`, expected: message, received: nameOf(value) }]
}

/** A type, and the value only where it cannot hold a secret. */
function nameOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'array'
  return typeof value === 'number' || typeof value === 'boolean' ? `${typeof value} ${value}` : typeof value
}

function hasFunction(value: unknown, name: string): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Record<string, unknown>)[name] === 'function'
  )
}
