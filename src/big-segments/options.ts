import type { BigSegmentStoreDescription } from '../model/big-segment-store.ts'
import { type OptionRules, parseOptions } from '../options/check.ts'
import type { IssueCollector } from '../options/issues.ts'
import { hasMethod } from '../options/schemas.ts'
import { number, optional, sharedObject, valueThat } from '../options/value-schema.ts'
import type { BigSegmentStoreFactory } from './open-store.ts'

/**
 * The option `bigSegments`. Durations in seconds have the names of LaunchDarkly's SDKs; zero or less stands for the default
 * there, as in those SDKs.
 */
export interface BigSegmentsOptions {
  /**
   * The store with the members: the result of `redisBigSegmentStore()` or `dynamodbBigSegmentStore()`, or a function that
   * creates a store, as LaunchDarkly's packages return it.
   */
  readonly store: BigSegmentStoreDescription | BigSegmentStoreFactory
  /** Number of contexts whose membership is cached. Default 1,000. */
  readonly userCacheSize?: number
  /** Time for which a membership is cached, in milliseconds. Default 5,000. */
  readonly userCacheTimeMs?: number
  /** `userCacheTimeMs` in seconds. */
  readonly userCacheTime?: number
  /** Time between two checks of the store's status, in milliseconds. Default 5,000. */
  readonly statusPollIntervalMs?: number
  /** `statusPollIntervalMs` in seconds. */
  readonly statusPollInterval?: number
  /** Age of the last synchronization from which the status is stale, in milliseconds. Default 120,000. */
  readonly staleAfterMs?: number
  /** `staleAfterMs` in seconds. */
  readonly staleAfter?: number
}

/** The checked options, with defaults. */
export interface BigSegmentsSettings {
  readonly store: BigSegmentsOptions['store']
  readonly maxEntries: number
  readonly maxAgeMs: number
  readonly pollIntervalMs: number
  readonly staleAfterMs: number
}

const DEFAULTS = {
  userCacheSize: 1_000,
  userCacheTime: 5,
  statusPollInterval: 5,
  staleAfter: 120,
} as const

type OfficialName = keyof typeof DEFAULTS

const milliseconds = valueThat(
  (value) => typeof value === 'number' && value > 0,
  'a number of milliseconds above 0',
)

const RULES: OptionRules<BigSegmentsOptions> = {
  root: 'options.bigSegments',
  // Unknown names are a warning, because the object of the official SDK may grow.
  schema: sharedObject({
    store: valueThat(
      (store) => storeProblem(store) === undefined,
      (store) => storeProblem(store) ?? '',
    ),
    userCacheSize: optional(number),
    userCacheTimeMs: optional(milliseconds),
    userCacheTime: optional(number),
    statusPollIntervalMs: optional(milliseconds),
    statusPollInterval: optional(number),
    staleAfterMs: optional(milliseconds),
    staleAfter: optional(number),
  }),
  alternatives: [
    ['userCacheTimeMs', 'userCacheTime'],
    ['statusPollIntervalMs', 'statusPollInterval'],
    ['staleAfterMs', 'staleAfter'],
  ],
}

/** Checks the option `bigSegments` and adds the defaults. Returns `undefined` if it is absent or wrong. */
export function readBigSegmentsOptions(
  options: unknown,
  collector: IssueCollector,
): BigSegmentsSettings | undefined {
  if (options === undefined || options === null) return undefined
  const given = parseOptions<BigSegmentsOptions>(options, RULES, collector)
  if (!given) return undefined
  const numberOf = (name: OfficialName): number => {
    const value = given[name]
    if (value !== undefined && value > 0) return value
    if (value !== undefined)
      collector.warn(`${RULES.root}.${name} is ${value}; the default of ${DEFAULTS[name]} is used`)
    return DEFAULTS[name]
  }
  return {
    store: given.store,
    maxEntries: Math.max(1, Math.floor(numberOf('userCacheSize'))),
    maxAgeMs: given.userCacheTimeMs ?? numberOf('userCacheTime') * 1_000,
    pollIntervalMs: given.statusPollIntervalMs ?? numberOf('statusPollInterval') * 1_000,
    staleAfterMs: given.staleAfterMs ?? numberOf('staleAfter') * 1_000,
  }
}

/** Returns what is expected in place of a value that is no store of big segments. */
function storeProblem(store: unknown): string | undefined {
  if (hasMethod(store, 'openBigSegments') || typeof store === 'function') return undefined
  const type = hasMethod(store, 'open') ? (store as { readonly type?: unknown }).type : undefined
  switch (type) {
    case 'redis':
      return 'a store of big segments: redisBigSegmentStore() of halyard/redis, with the options of redisStore()'
    case 'dynamodb':
      return 'a store of big segments: dynamodbBigSegmentStore() of halyard/dynamodb, with the options of dynamodbStore()'
    case 'consul':
      return 'a store of big segments: Redis or DynamoDB, because LaunchDarkly has no layout of big segments for Consul'
    default:
      return 'a store of big segments, such as redisBigSegmentStore() of halyard/redis, or a function that creates one'
  }
}
