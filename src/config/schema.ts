import { DEFAULT_TIMINGS } from '../datasystem/parts.ts'
import { aFunction, baseUrl, hasMethod, implementing, textThat } from '../options/schemas.ts'
import type { NamePolicy } from '../options/unknown-names.ts'
import {
  anything,
  listThat,
  type Members,
  nullish,
  number,
  numberFrom,
  oneOf,
  optional,
  ownObject,
  positiveWhole,
  type Schema,
  sharedObject,
  trueOrFalse,
} from '../options/value-schema.ts'
import { EVENTS } from './event-options.ts'
import { NETWORK } from './network-options.ts'
import { IDENTITY } from './request-headers.ts'
import { configSchema, INITIALIZERS, SYNCHRONIZERS } from './source-types.ts'

/** Options that `readStoreOptions` checks; the schemas only know their names. */
export const STORE_NAMES: Members = {
  persistentStore: optional(anything),
  featureStore: optional(anything),
  useLdd: optional(anything),
  useLDD: optional(anything),
}

export const ADDRESSES: NonNullable<NamePolicy['addresses']> = {
  names: ['endpoints', 'baseUri', 'streamUri', 'eventsUri'],
  hint: 'the addresses of services are options.endpoints',
}

const LEGACY: Members = {
  baseUri: optional(baseUrl),
  streamUri: optional(baseUrl),
  stream: optional(trueOrFalse),
  streamInitialReconnectDelay: optional(number),
  pollInterval: optional(number),
  ...STORE_NAMES,
  updateProcessor: optional(anything),
}

const name = textThat((value) => value !== '', 'a name')
const milliseconds = optional(number)
const bytes = optional(positiveWhole)

export const PLAN: Schema = ownObject({
  initializers: sources('fetch', configSchema(INITIALIZERS)),
  synchronizers: sources('sync', configSchema(SYNCHRONIZERS)),
  failover: optional(
    ownObject({
      noProgressMs: milliseconds,
      firstDataMs: milliseconds,
      interruptedMs: milliseconds,
      recoveryMs: milliseconds,
    }),
  ),
  fdv1Fallback: nullish(ownObject({ baseUri: optional(baseUrl), intervalMs: milliseconds })),
  store: optional(anything),
  storeMode: optional(oneOf('read', 'read-write')),
  ...STORE_NAMES,
})

export const CONNECTION: Schema = sharedObject({
  dataSavingMode: optional(trueOrFalse),
  ...LEGACY,
  endpoints: optional(
    ownObject({
      polling: optional(baseUrl),
      streaming: optional(baseUrl),
      events: optional(baseUrl),
    }),
  ),
  limits: optional(ownObject({ maxBodyBytes: bytes, maxEventBytes: bytes })),
  ...EVENTS,
  ...NETWORK,
  ...IDENTITY,
  logger: optional(implementing('debug', 'info', 'warn', 'error')),
  transport: optional(implementing('request', 'close')),
  clock: optional(implementing('now', 'monotonic', 'after', 'hold', 'breathe')),
  random: optional(aFunction),
  timings: optional(
    ownObject(
      Object.fromEntries(Object.keys(DEFAULT_TIMINGS).map((name) => [name, optional(numberFrom(0))])),
    ),
  ),
})

/** Returns the schema of a list of sources. A source of the application's own is recognized by its method. */
function sources(method: 'fetch' | 'sync', description: Schema): Schema {
  return listThat((value, findings, path) => {
    if (!hasMethod(value, method)) return description(value, findings, path)
    name((value as { readonly name?: unknown }).name, findings, [...path, 'name'])
    return value
  })
}
