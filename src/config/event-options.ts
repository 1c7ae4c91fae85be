import { parseReference } from '../evaluation/attribute.ts'
import type { EventSettings } from '../events/analytics.ts'
import { isEqual } from '../model/json.ts'
import { compact } from '../options/compact.ts'
import { baseUrl } from '../options/schemas.ts'
import {
  listThat,
  type Members,
  numberAbove,
  numberFrom,
  oneOf,
  optional,
  ownObject,
  positiveWhole,
  string,
  trueOrFalse,
} from '../options/value-schema.ts'
import type { ConnectionOptions, NormalConfig } from './config.ts'
import { eventsAddress } from './event-address.ts'
import { milliseconds } from './plans.ts'

/** Options of analytics events. */
export interface EventOptions {
  /** The most events that wait for a delivery; further ones are dropped. Default 10,000. */
  readonly capacity?: number
  /** The most bytes of events that wait or are being sent; further events are dropped. Default 10,485,760. */
  readonly capacityBytes?: number
  /** Time from the first event to its delivery, in milliseconds. Default 5,000. */
  readonly flushIntervalMs?: number
  /** The number of contexts to remember. The attributes of a context are sent once while it is remembered. Default 1,000. */
  readonly contextKeysCapacity?: number
  /** Time after which all contexts are forgotten, in milliseconds. Default 300,000. */
  readonly contextKeysFlushIntervalMs?: number
  /** Attributes that are never sent, as names or as paths such as `/address/street`. Default: none. */
  readonly privateAttributes?: readonly string[]
  /** Sends no attributes of contexts but `kind`, `key` and `anonymous`. Default false. */
  readonly allAttributesPrivate?: boolean
  /** Sends no index and identify events for anonymous contexts. Default false. */
  readonly omitAnonymousContexts?: boolean
  /** The content encoding of payloads. Default `none`. */
  readonly compression?: 'gzip' | 'none'
  /** Longest duration of a request with its answer, in milliseconds. Default 10,000. */
  readonly requestTimeoutMs?: number
  /** Longest duration of the last delivery when the client is closed, in milliseconds. Default 5,000. */
  readonly closeTimeoutMs?: number
  /** Sends no diagnostics about the client itself, for example its options. Default false. */
  readonly diagnosticOptOut?: boolean
  /** Time between two diagnostics, in milliseconds. Default 900,000, minimum 60,000. */
  readonly diagnosticIntervalMs?: number
}

/** The options of LaunchDarkly's Node.js SDK about analytics events. Options in {@link EventOptions} take precedence. */
export interface OfficialEventOptions {
  /** Sends analytics events. Default true. */
  readonly sendEvents?: boolean
  /** An alias of `endpoints.events`. */
  readonly eventsUri?: string
  /** An alias of `events.capacity`. */
  readonly capacity?: number
  /** Time from the first event to its delivery, in seconds. Default 5. */
  readonly flushInterval?: number
  /** An alias of `events.contextKeysCapacity`. */
  readonly contextKeysCapacity?: number
  /** Time after which all contexts are forgotten, in seconds. Default 300. */
  readonly contextKeysFlushInterval?: number
  /** An alias of `events.privateAttributes`. */
  readonly privateAttributes?: readonly string[]
  /** An alias of `events.allAttributesPrivate`. */
  readonly allAttributesPrivate?: boolean
  /** true: `events.compression` is `gzip`. Default false. */
  readonly enableEventCompression?: boolean
  /** An alias of `events.diagnosticOptOut`. */
  readonly diagnosticOptOut?: boolean
  /** Time between two diagnostics, in seconds. Default 900, minimum 60. */
  readonly diagnosticRecordingInterval?: number
}

const DEFAULTS: Omit<EventSettings, 'url'> = {
  capacity: 10_000,
  capacityBytes: 10 * 2 ** 20,
  flushIntervalMs: 5_000,
  contextKeysCapacity: 1_000,
  contextKeysFlushIntervalMs: 300_000,
  privateAttributes: [],
  allAttributesPrivate: false,
  omitAnonymousContexts: false,
  compression: 'none',
  requestTimeoutMs: 10_000,
  closeTimeoutMs: 5_000,
  diagnosticOptOut: false,
  diagnosticIntervalMs: 900_000,
}

const count = optional(positiveWhole)
const duration = optional(numberAbove(0))
const flag = optional(trueOrFalse)
const references = optional(listThat(string))

export const EVENTS: Members = {
  sendEvents: flag,
  eventsUri: optional(baseUrl),
  capacity: count,
  flushInterval: duration,
  contextKeysCapacity: count,
  contextKeysFlushInterval: duration,
  privateAttributes: references,
  allAttributesPrivate: flag,
  enableEventCompression: flag,
  diagnosticOptOut: flag,
  diagnosticRecordingInterval: duration,
  events: optional(
    ownObject({
      capacity: count,
      capacityBytes: count,
      flushIntervalMs: duration,
      contextKeysCapacity: count,
      contextKeysFlushIntervalMs: duration,
      privateAttributes: references,
      allAttributesPrivate: flag,
      omitAnonymousContexts: flag,
      compression: optional(oneOf('gzip', 'none')),
      requestTimeoutMs: duration,
      closeTimeoutMs: optional(numberFrom(0)),
      diagnosticOptOut: flag,
      diagnosticIntervalMs: duration,
    }),
  ),
}

/** The settings of events, and what to log about them. */
export interface EventReading {
  /** `undefined` if no events are sent. */
  readonly settings: EventSettings | undefined
  readonly warnings: readonly string[]
}

/** The options after `events: false` was converted to `sendEvents: false`. */
type Connection = Omit<ConnectionOptions, 'events'> & { readonly events?: EventOptions }

/** Returns the settings of the events of a client with this plan. */
export function readEventOptions(given: Connection, plan: NormalConfig): EventReading {
  if (given.sendEvents === false) return { settings: undefined, warnings: [] }
  const address = eventsAddress(given, plan)
  if (address.url === undefined) return { settings: undefined, warnings: address.warnings }
  const official = compact(fromOfficial(given))
  const options: EventOptions = { ...official, ...compact(given.events ?? {}) }
  const { privateAttributes = [] } = options
  const { diagnosticIntervalMs = DEFAULTS.diagnosticIntervalMs } = options
  const privatePath = given.events?.privateAttributes
    ? 'options.events.privateAttributes'
    : 'options.privateAttributes'
  const isReference = (text: string): boolean => parseReference(text, 'user') !== undefined
  return {
    settings: {
      ...DEFAULTS,
      ...options,
      privateAttributes,
      diagnosticIntervalMs: Math.max(diagnosticIntervalMs, MIN_DIAGNOSTIC_MS),
      url: address.url,
    },
    warnings: [
      ...overridden(official, given.events ?? {}),
      ...address.warnings,
      ...(diagnosticIntervalMs < MIN_DIAGNOSTIC_MS
        ? [
            'options.events.diagnosticIntervalMs (or options.diagnosticRecordingInterval, in seconds) is below the minimum; ' +
              `${MIN_DIAGNOSTIC_MS} ms is used`,
          ]
        : []),
      ...privateAttributes
        .filter((text) => !isReference(text))
        .map((text) => `${privatePath}: ${JSON.stringify(text)} is not an attribute; ignored`),
    ],
  }
}

/** Returns that no events are sent, because a data system has no client that makes them. */
export function eventsWithoutClient(given: Connection): EventReading {
  const names = [...OFFICIAL_EVENT_OPTIONS, 'events'].filter(
    (name) => given[name as keyof Connection] !== undefined,
  )
  // No warning for values that request the actual behavior.
  const unexpected = names.filter(
    (name) => name !== 'diagnosticOptOut' && !(name === 'sendEvents' && given.sendEvents === false),
  )
  const list = unexpected.map((name) => `options.${name}`).join(', ')
  const warnings =
    unexpected.length > 0 ? [`${list}: without effect, because only a client sends analytics events`] : []
  return { settings: undefined, warnings }
}

/** The shortest time between two diagnostics, in milliseconds. */
const MIN_DIAGNOSTIC_MS = 60_000

/** The option of LaunchDarkly's SDK for each of ours that has one. */
const ALIASES: Readonly<Partial<Record<keyof EventOptions, keyof OfficialEventOptions>>> = {
  capacity: 'capacity',
  flushIntervalMs: 'flushInterval',
  contextKeysCapacity: 'contextKeysCapacity',
  contextKeysFlushIntervalMs: 'contextKeysFlushInterval',
  privateAttributes: 'privateAttributes',
  allAttributesPrivate: 'allAttributesPrivate',
  compression: 'enableEventCompression',
  diagnosticOptOut: 'diagnosticOptOut',
  diagnosticIntervalMs: 'diagnosticRecordingInterval',
}

/** The names of the options of LaunchDarkly's SDK about events. */
const OFFICIAL_EVENT_OPTIONS: readonly string[] = ['sendEvents', 'eventsUri', ...Object.values(ALIASES)]

function fromOfficial(given: OfficialEventOptions): {
  readonly [K in keyof EventOptions]: EventOptions[K] | undefined
} {
  return {
    capacity: given.capacity,
    flushIntervalMs: milliseconds(given.flushInterval),
    contextKeysCapacity: given.contextKeysCapacity,
    contextKeysFlushIntervalMs: milliseconds(given.contextKeysFlushInterval),
    privateAttributes: given.privateAttributes,
    allAttributesPrivate: given.allAttributesPrivate,
    compression:
      given.enableEventCompression === undefined ? undefined : given.enableEventCompression ? 'gzip' : 'none',
    diagnosticOptOut: given.diagnosticOptOut,
    diagnosticIntervalMs: milliseconds(given.diagnosticRecordingInterval),
  }
}

function overridden(official: EventOptions, ours: EventOptions): readonly string[] {
  const names = Object.keys(official) as (keyof EventOptions)[]
  return names
    .filter((name) => ours[name] !== undefined && !isEqual(ours[name], official[name]))
    .map((name) => `options.${ALIASES[name]} is overridden by options.events.${name}`)
}
