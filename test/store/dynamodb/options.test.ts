import { inspect } from 'node:util'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { expect, it } from 'vitest'
import { systemClock } from '../../../src/async/clock.ts'
import type { ConfigError } from '../../../src/model/errors.ts'
import { type DynamodbStoreOptions, dynamodbStore } from '../../../src/store/dynamodb/dynamodb-store.ts'
import { SECRETS } from '../../support/dynalite.ts'

function issuesOf(options: unknown): readonly string[] {
  try {
    dynamodbStore(options as DynamodbStoreOptions)
    return []
  } catch (error) {
    return (error as ConfigError).issues.map(
      ({ path, expected, received }) => `${path}: ${expected}; ${received}`,
    )
  }
}

function warningsOf(options: object): string[] {
  const warnings: string[] = []
  const logger = { debug() {}, info() {}, error() {}, warn: (message: string) => void warnings.push(message) }
  const clientOptions = { region: 'eu-west-1' }
  dynamodbStore({ tableName: 'flags', clientOptions, ...options }).open({
    clock: systemClock,
    random: Math.random,
    logger,
  })
  return warnings
}

it('(S75) describes the configured options and the defaults of the others', () => {
  expect(dynamodbStore({ tableName: 'flags' })).toEqual({
    type: 'dynamodb',
    tableName: 'flags',
    prefix: '',
    resumeTimeoutMs: 3_000,
    consistentReads: true,
    feedIntervalMs: 5_000,
    open: expect.any(Function) as unknown,
  })
  const use = { cacheTtlMs: Infinity, staleOnErrorMs: 1_000, reads: 'snapshot', writers: 'one' } as const
  expect(dynamodbStore({ tableName: 'flags', prefix: 'shop', ...use })).toMatchObject({
    prefix: 'shop',
    ...use,
  })
})

it('accepts the names of LaunchDarkly: cacheTTL in seconds, dynamoDBClient', () => {
  const dynamoDBClient = new DynamoDBClient({ region: 'eu-west-1' })
  expect(dynamodbStore({ tableName: 'flags', dynamoDBClient, cacheTTL: 30 }).cacheTtlMs).toBe(30_000)
  expect(dynamodbStore({ tableName: 'flags', cacheTTL: 0 }).cacheTtlMs).toBe(0)
})

it('(S75) reports all errors at once, by path and without values of client options', () => {
  expect(
    issuesOf({
      tableName: '',
      prefix: 7,
      client: {},
      clientOptions: 'secret-of-the-key',
      cacheTtlMs: -1,
      staleOnErrorMs: Number.NaN,
      reads: 'eager',
      writers: true,
      consistentReads: 'yes',
      feedIntervalMs: '5',
    }),
  ).toEqual([
    'dynamodbStore.tableName: a table name; a string (value hidden)',
    'dynamodbStore.prefix: a string; number 7',
    'dynamodbStore.client: a DynamoDBClient of @aws-sdk/client-dynamodb; an object',
    'dynamodbStore.clientOptions: an object; a string (value hidden)',
    'dynamodbStore.cacheTtlMs: a number that is not negative, or Infinity; number -1',
    'dynamodbStore.staleOnErrorMs: a number that is not negative, or Infinity; number NaN',
    'dynamodbStore.reads: "lazy" or "snapshot"; a string (value hidden)',
    'dynamodbStore.writers: "all" or "one"; boolean true',
    'dynamodbStore.consistentReads: a boolean; a string (value hidden)',
    'dynamodbStore.feedIntervalMs: a finite number; a string (value hidden)',
    'dynamodbStore.clientOptions: nothing beside client; a string (value hidden)',
  ])
  expect(issuesOf({})).toEqual(['dynamodbStore.tableName: a table name; undefined'])
  expect(issuesOf('flags')).toEqual(['dynamodbStore: an object; a string (value hidden)'])
  expect(issuesOf(undefined)).toEqual(['dynamodbStore: an object; undefined'])
})

it('refuses two names of one option', () => {
  const client = new DynamoDBClient({ region: 'eu-west-1' })
  expect(issuesOf({ tableName: 'flags', client, dynamoDBClient: client })).toEqual([
    'dynamodbStore.dynamoDBClient: nothing beside client; an object',
  ])
  expect(issuesOf({ tableName: 'flags', cacheTtlMs: 1, cacheTTL: 1 })).toEqual([
    'dynamodbStore.cacheTTL: nothing beside cacheTtlMs; number 1',
  ])
})

it('warns about an interval that is too short when the store is opened', () => {
  expect(warningsOf({ feedIntervalMs: 10 })).toEqual([
    'dynamodbStore.feedIntervalMs 10 is below the minimum; 1000 is used',
  ])
  expect(warningsOf({ feedIntervalMs: 1_000 })).toEqual([])
})

it('(D21) prints a description without credentials', () => {
  const description = dynamodbStore({
    tableName: 'flags',
    clientOptions: { region: 'eu-west-1', credentials: SECRETS },
  })
  const printed = inspect(description, { depth: Infinity, showHidden: true }) + JSON.stringify(description)
  for (const secret of Object.values(SECRETS)) expect(printed).not.toContain(secret)
})
