import { z } from 'zod'
import { DEFAULT_TIMINGS } from '../datasystem/parts.ts'
import { parseOnce } from '../options/issues.ts'
import { type Members, ownObject, sharedObject } from '../options/objects.ts'
import { aFunction, baseUrl, hasMethod, implementing } from '../options/schemas.ts'
import type { NamePolicy } from '../options/unknown-names.ts'
import { EVENTS } from './event-options.ts'
import { NETWORK } from './network-options.ts'
import { IDENTITY } from './request-headers.ts'
import { configSchema, INITIALIZERS, SYNCHRONIZERS } from './source-types.ts'

/** Options that `readStoreOptions` checks; the schemas only know their names. */
export const STORE_NAMES: Members = {
  persistentStore: z.unknown().optional(),
  featureStore: z.unknown().optional(),
  useLdd: z.unknown().optional(),
  useLDD: z.unknown().optional(),
}

export const ADDRESSES: NonNullable<NamePolicy['addresses']> = {
  names: ['endpoints', 'baseUri', 'streamUri', 'eventsUri'],
  hint: 'the addresses of services are options.endpoints',
}

const LEGACY: Members = {
  baseUri: baseUrl.optional(),
  streamUri: baseUrl.optional(),
  stream: z.boolean().optional(),
  streamInitialReconnectDelay: z.number().optional(),
  pollInterval: z.number().optional(),
  ...STORE_NAMES,
  updateProcessor: z.unknown().optional(),
}

const milliseconds = z.number().optional()
const bytes = z.number().int().positive().optional()

export const PLAN: z.ZodType = ownObject({
  initializers: sources('fetch', configSchema(INITIALIZERS)),
  synchronizers: sources('sync', configSchema(SYNCHRONIZERS)),
  failover: ownObject({
    noProgressMs: milliseconds,
    firstDataMs: milliseconds,
    interruptedMs: milliseconds,
    recoveryMs: milliseconds,
  }).optional(),
  fdv1Fallback: ownObject({ baseUri: baseUrl.optional(), intervalMs: milliseconds }).nullish(),
  store: z.unknown().optional(),
  storeMode: z.literal(['read', 'read-write']).optional(),
  ...STORE_NAMES,
})

export const CONNECTION: z.ZodType = sharedObject({
  dataSavingMode: z.boolean().optional(),
  ...LEGACY,
  endpoints: ownObject({
    polling: baseUrl.optional(),
    streaming: baseUrl.optional(),
    events: baseUrl.optional(),
  }).optional(),
  limits: ownObject({ maxBodyBytes: bytes, maxEventBytes: bytes }).optional(),
  ...EVENTS,
  ...NETWORK,
  ...IDENTITY,
  logger: implementing('debug', 'info', 'warn', 'error').optional(),
  transport: implementing('request', 'close').optional(),
  clock: implementing('now', 'monotonic', 'after', 'hold', 'breathe').optional(),
  random: aFunction.optional(),
  timings: ownObject(
    Object.fromEntries(
      Object.keys(DEFAULT_TIMINGS).map((name) => [name, z.number().nonnegative().optional()]),
    ),
  ).optional(),
})

/** Returns the schema of a list of sources. A source of the application's own is recognized by its method. */
function sources(method: 'fetch' | 'sync', description: z.ZodType): z.ZodType {
  const entry = z.unknown().transform((value, context) => {
    if (hasMethod(value, method)) {
      const { name } = value as { readonly name?: unknown }
      if (typeof name === 'string' && name !== '') return value
      context.issues.push({ code: 'custom', path: ['name'], message: 'a name', input: value })
      return z.NEVER
    }
    const parsed = parseOnce(description, value)
    if (parsed.success) return parsed.data
    context.issues.push(
      ...parsed.error.issues.map((issue) => ({ ...issue, input: value }) as z.core.$ZodRawIssue),
    )
    return z.NEVER
  })
  return z.array(entry)
}
