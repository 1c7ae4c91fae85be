import { expect, it } from 'vitest'
import { readBigSegmentsOptions } from '../../src/big-segments/options.ts'
import { IssueCollector } from '../../src/options/issues.ts'
import { consulStore } from '../../src/store/consul/consul-store.ts'
import { dynamodbStore } from '../../src/store/dynamodb/dynamodb-store.ts'
import { redisBigSegmentStore, redisStore } from '../../src/store/redis/redis-store.ts'

const store = redisBigSegmentStore()

interface Reading {
  readonly settings: object | undefined
  readonly issues: readonly string[]
  readonly warnings: readonly string[]
}

function read(options: unknown): Reading {
  const collector = new IssueCollector()
  const settings = readBigSegmentsOptions(options, collector)
  const issues = collector.issues.map(
    ({ path, expected, received }) => `${path}: ${expected}, not ${received}`,
  )
  return { settings, issues, warnings: collector.warnings }
}

it('(BS5.1) has the defaults of the official SDK', () => {
  expect(read({ store })).toEqual({
    settings: { store, maxEntries: 1_000, maxAgeMs: 5_000, pollIntervalMs: 5_000, staleAfterMs: 120_000 },
    issues: [],
    warnings: [],
  })
  expect(read(undefined).settings).toBeUndefined()
})

it('(BS5.1) reads durations in seconds and in milliseconds', () => {
  const settings = { store, maxEntries: 2, maxAgeMs: 10, pollIntervalMs: 20, staleAfterMs: 30 }
  const seconds = { userCacheSize: 2, userCacheTime: 0.01, statusPollInterval: 0.02, staleAfter: 0.03 }
  const milliseconds = { userCacheSize: 2.9, userCacheTimeMs: 10, statusPollIntervalMs: 20, staleAfterMs: 30 }
  expect(read({ store, ...seconds })).toEqual({ settings, issues: [], warnings: [] })
  expect(read({ store, ...milliseconds })).toEqual({ settings, issues: [], warnings: [] })
  expect(read({ store, ...seconds, ...milliseconds }).issues).toEqual([
    'options.bigSegments.userCacheTime: nothing beside userCacheTimeMs, not number 0.01',
    'options.bigSegments.statusPollInterval: nothing beside statusPollIntervalMs, not number 0.02',
    'options.bigSegments.staleAfter: nothing beside staleAfterMs, not number 0.03',
  ])
})

it('(BS5.2) uses the default for zero and negative numbers of the names of LaunchDarkly, with a warning', () => {
  const { settings, warnings } = read({
    store,
    userCacheSize: 0,
    userCacheTime: -1,
    statusPollInterval: 0,
    staleAfter: -5,
  })
  expect(settings).toEqual(read({ store }).settings)
  expect(warnings).toEqual([
    'options.bigSegments.userCacheSize is 0; the default of 1000 is used',
    'options.bigSegments.userCacheTime is -1; the default of 5 is used',
    'options.bigSegments.statusPollInterval is 0; the default of 5 is used',
    'options.bigSegments.staleAfter is -5; the default of 120 is used',
  ])
})

it.each<[unknown, string]>([
  [
    {},
    'options.bigSegments.store: a store of big segments, such as redisBigSegmentStore() of halyard/redis, or a function that creates one, not undefined',
  ],
  [{ store: 'redis://:secret@a' }, 'not a string (value hidden)'],
  [{ store: redisStore() }, 'redisBigSegmentStore() of halyard/redis, with the options of redisStore()'],
  [{ store: dynamodbStore({ tableName: 'a' }) }, 'dynamodbBigSegmentStore() of halyard/dynamodb'],
  [
    { store: consulStore() },
    'Redis or DynamoDB, because LaunchDarkly has no layout of big segments for Consul',
  ],
  [
    { store, userCacheTimeMs: 0 },
    'options.bigSegments.userCacheTimeMs: a number of milliseconds above 0, not number 0',
  ],
  [{ store, userCacheSize: '5' }, 'options.bigSegments.userCacheSize: a number, not a string'],
  [{ store, staleAfter: Number.NaN }, 'options.bigSegments.staleAfter: a finite number, not number NaN'],
  [{ store, userCacheTim: 5 }, 'userCacheTime'],
  ['redis', 'options.bigSegments: an object, not a string (value hidden)'],
])('(BS5.3) refuses %o', (options, expected) => {
  const { settings, issues } = read(options)
  expect(settings).toBeUndefined()
  expect(issues.join('\n')).toContain(expected)
})

it('(BS5) warns about an unknown name, because the object of the official SDK may grow', () => {
  const { settings, warnings } = read({ store, somethingElse: 1 })
  expect(settings).toBeDefined()
  expect(warnings.join('\n')).toContain('somethingElse')
})
