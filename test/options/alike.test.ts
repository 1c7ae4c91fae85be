import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../src/model/errors.ts'
import type { StoreDescription } from '../../src/model/persistent-store.ts'
import { consulStore } from '../../src/store/consul/consul-store.ts'
import { dynamodbStore } from '../../src/store/dynamodb/dynamodb-store.ts'
import { fileStore } from '../../src/store/file/file-store.ts'
import { redisStore } from '../../src/store/redis/redis-store.ts'

/** Each type of store, with the options that it requires. */
const STORES: readonly (readonly [root: string, describe: (options: object) => StoreDescription])[] = [
  ['redisStore', (options) => redisStore(options)],
  [
    'dynamodbStore',
    (options) => dynamodbStore({ tableName: 'flags', clientOptions: { region: 'r' }, ...options }),
  ],
  ['consulStore', (options) => consulStore(options)],
  ['fileStore', (options) => fileStore('flags', options)],
]

/** Returns the issues of a call as text. */
function issuesOf(work: () => unknown): readonly string[] {
  try {
    work()
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.issues.map(({ path, expected, received }) => `${path}: ${expected}; ${received}`)
  }
}

describe.each(STORES)('the options of %s', (root, describe) => {
  it('are part of the description of the store', () => {
    const use = {
      cacheTtlMs: Infinity,
      staleOnErrorMs: 0,
      reads: 'snapshot',
      resumeTimeoutMs: 250,
      writers: 'one',
    } as const
    expect(describe(use)).toMatchObject(use)
  })

  it('are absent by default, except the longer resume time-out of DynamoDB', () => {
    const { cacheTtlMs, staleOnErrorMs, reads, resumeTimeoutMs, writers } = describe({})
    expect({ cacheTtlMs, staleOnErrorMs, reads, writers }).toEqual({})
    expect(resumeTimeoutMs).toBe(root === 'dynamodbStore' ? 3_000 : undefined)
  })

  it('have the same errors, all at once, without values that may be secret', () => {
    const wrong = {
      cacheTtlMs: -1,
      staleOnErrorMs: 'hunter2',
      resumeTimeoutMs: null,
      reads: 'eager',
      writers: [],
    }
    expect(issuesOf(() => describe(wrong)).toSorted()).toEqual([
      `${root}.cacheTtlMs: a number that is not negative, or Infinity; number -1`,
      `${root}.reads: "lazy" or "snapshot"; a string (value hidden)`,
      `${root}.resumeTimeoutMs: a number that is not negative, or Infinity; null`,
      `${root}.staleOnErrorMs: a number that is not negative, or Infinity; a string (value hidden)`,
      `${root}.writers: "all" or "one"; an array`,
    ])
  })

  it('have the same errors for unknown names, with the nearest known name (S160)', () => {
    expect(issuesOf(() => describe({ cacheTtl: 1, cacheTtlMS: 1, madeUp: 1 }))).toEqual([
      `${root}.cacheTtl: a known option (did you mean ${root === 'fileStore' ? 'cacheTtlMs' : 'cacheTTL'}?); an unknown name`,
      `${root}.cacheTtlMS: a known option (did you mean cacheTtlMs?); an unknown name`,
      `${root}.madeUp: a known option; an unknown name`,
    ])
  })
})

it.each(STORES.slice(0, 3))('%s rejects two names of one option with the same error', (root, describe) => {
  expect(describe({ cacheTTL: 15 }).cacheTtlMs).toBe(15_000)
  expect(issuesOf(() => describe({ cacheTtlMs: 1, cacheTTL: 2 }))).toEqual([
    `${root}.cacheTTL: nothing beside cacheTtlMs; number 2`,
  ])
})

it('every store rejects a value that is not an object with the same error', () => {
  const nothing = 'hunter2' as never
  expect(issuesOf(() => redisStore(nothing))).toEqual(['redisStore: an object; a string (value hidden)'])
  expect(issuesOf(() => dynamodbStore(nothing))).toEqual([
    'dynamodbStore: an object; a string (value hidden)',
  ])
  expect(issuesOf(() => consulStore(nothing))).toEqual(['consulStore: an object; a string (value hidden)'])
  expect(issuesOf(() => fileStore('flags', nothing))).toEqual([
    'fileStore: an object; a string (value hidden)',
  ])
})
