import type { StoreDescription } from '../model/persistent-store.ts'
import { describeReceived, type IssueCollector } from '../options/issues.ts'

/** The store that the options name, and whether it is the only source of data (daemon mode). */
export interface StoreChoice {
  readonly store?: StoreDescription
  readonly useLdd: boolean
}

const STORES = ['store', 'persistentStore', 'featureStore'] as const
const DAEMON = ['useLdd', 'useLDD'] as const

/** Reads the options that name a store, under any of their names. Returns `undefined` if one of them is wrong. */
export function readStoreOptions(
  root: string,
  input: unknown,
  collector: IssueCollector,
): StoreChoice | undefined {
  const given: Readonly<Record<string, unknown>> =
    typeof input === 'object' && input !== null ? { ...input } : {}
  const earlier = collector.issues.length
  for (const name of [...STORES, ...DAEMON, 'updateProcessor']) {
    const value = given[name]
    const expected = value === undefined || value === null ? undefined : expectedOf(name, value)
    if (expected) collector.refuse(`${root}.${name}`, expected, describeReceived(value))
  }
  const stores = STORES.map((name) => given[name]).filter(isStoreDescription)
  const useLdd = DAEMON.some((name) => given[name] === true)
  const [store] = stores
  if (stores.some((other) => other !== store)) {
    collector.refuse(`${root}.persistentStore`, 'one store', 'several, under several names')
  }
  if (useLdd && !store && collector.issues.length === earlier) {
    collector.refuse(`${root}.persistentStore`, 'a store, beside useLdd', 'none')
  }
  return collector.issues.length > earlier ? undefined : { ...(store && { store }), useLdd }
}

/** Recognizes a store of Halyard, such as the result of `redisStore()`. */
function isStoreDescription(value: unknown): value is StoreDescription {
  if (typeof value !== 'object' || value === null) return false
  const { type, prefix, open } = value as Readonly<Record<string, unknown>>
  return typeof type === 'string' && typeof prefix === 'string' && typeof open === 'function'
}

const EXAMPLE = 'such as redisStore() of halyard/redis'

function expectedOf(name: string, value: unknown): string | undefined {
  switch (name) {
    case 'store':
    case 'persistentStore':
    case 'featureStore':
      if (isStoreDescription(value)) return undefined
      return isCallbackStore(value)
        ? `a store of Halyard, ${EXAMPLE} (a featureStore of LaunchDarkly's SDKs is not supported)`
        : `a store, ${EXAMPLE}`
    case 'useLdd':
    case 'useLDD':
      return typeof value === 'boolean' ? undefined : 'a boolean'
    case 'updateProcessor':
      return "null (updateProcessor of LaunchDarkly's SDKs is not supported; use presets.custom, with a source of your own or TestData of halyard/testing)"
    default:
      return undefined
  }
}

/** Recognizes a feature store of LaunchDarkly's Node.js SDKs, and a function that may create one. */
function isCallbackStore(value: unknown): boolean {
  if (typeof value === 'function') return true
  const store = value as Readonly<Record<string, unknown>>
  return ['init', 'upsert', 'initialized'].every((method) => typeof store[method] === 'function')
}
