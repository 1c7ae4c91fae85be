import type { ConfigIssue } from '../model/errors.ts'
import type { StoreDescription } from '../model/persistent-store.ts'
import { describeReceived } from '../options/issues.ts'

/** What a plain object says of stores: which one, and whether it is all there is. */
export interface StoreChoice {
  readonly store?: StoreDescription
  readonly useLdd: boolean
}

const STORES = ['store', 'persistentStore', 'featureStore'] as const
const DAEMON = ['useLdd', 'useLDD'] as const

/** Reads the options that name a store, by any of their names; or everything that is wrong with them. */
export function readStoreOptions(
  root: string,
  input: unknown,
): { readonly choice: StoreChoice } | { readonly issues: readonly ConfigIssue[] } {
  const given: Readonly<Record<string, unknown>> =
    typeof input === 'object' && input !== null ? { ...input } : {}
  const issues = [...STORES, ...DAEMON, 'updateProcessor'].flatMap((name) => issueOf(root, name, given[name]))
  const stores = STORES.map((name) => given[name]).filter(isStoreDescription)
  const useLdd = DAEMON.some((name) => given[name] === true)
  const [store] = stores
  if (stores.some((other) => other !== store)) {
    issues.push({
      path: `${root}.persistentStore`,
      expected: 'one store',
      received: 'several, by several names',
    })
  }
  if (useLdd && !store && issues.length === 0) {
    issues.push({ path: `${root}.persistentStore`, expected: 'a store, beside useLdd', received: 'none' })
  }
  return issues.length > 0 ? { issues } : { choice: { ...(store && { store }), useLdd } }
}

/** Whether it can be opened as a store of Halyard. */
export function isStoreDescription(value: unknown): value is StoreDescription {
  if (typeof value !== 'object' || value === null) return false
  const { type, prefix, open } = value as Readonly<Record<string, unknown>>
  return typeof type === 'string' && typeof prefix === 'string' && typeof open === 'function'
}

function issueOf(root: string, name: string, value: unknown): ConfigIssue[] {
  if (value === undefined || value === null) return []
  const expected = expectedOf(name, value)
  return expected ? [{ path: `${root}.${name}`, expected, received: describeReceived([name], value) }] : []
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
      return typeof value === 'boolean' ? undefined : 'boolean'
    case 'updateProcessor':
      return "null (updateProcessor of LaunchDarkly's SDKs is not supported; use a source of your own in presets.custom)"
    default:
      return undefined
  }
}

/** A feature store of LaunchDarkly's Node.js SDKs, or the function that makes one. */
function isCallbackStore(value: unknown): boolean {
  if (typeof value === 'function') return true
  const store = value as Readonly<Record<string, unknown>>
  return ['init', 'upsert', 'initialized'].every((method) => typeof store[method] === 'function')
}
