import { isJsonObject, type JsonObject } from '../model/json.ts'
import type { ServiceTlsOptions } from '../transport/tls.ts'

/** Options of LaunchDarkly's Node.js SDK that are mapped or have no effect here, so that its option objects compile. */
export interface OfficialOptions {
  /** @deprecated Use `proxy`, which counts for more beside it. */
  readonly proxyOptions?: OfficialProxyOptions
  /** @deprecated Use `tls`, which counts for more beside it. */
  readonly tlsParams?: OfficialTlsOptions
  /** @deprecated Use `wrapper`, which counts for more beside it. */
  readonly wrapperName?: string
  /** @deprecated Use `wrapper`, which counts for more beside it. */
  readonly wrapperVersion?: string
  /** @deprecated No effect: a request ends after 10 s without a byte. */
  readonly timeout?: number
  /** @deprecated No effect: big segments have no store here. */
  readonly bigSegments?: unknown
  /** @deprecated No effect: all flags of the environment are received. */
  readonly payloadFilterKey?: string
  /** @deprecated No effect: give the hooks of plugins as `hooks`. */
  readonly plugins?: readonly unknown[]
  /** @deprecated No effect: use `proxy` or `dispatcher`. */
  readonly proxyAgent?: unknown
  /** @deprecated No effect: no analytics events are sent. */
  readonly sendEvents?: boolean
  /** @deprecated No effect: no analytics events are sent. */
  readonly eventsUri?: string
  /** @deprecated No effect: no analytics events are sent. */
  readonly capacity?: number
  /** @deprecated No effect: no analytics events are sent. */
  readonly flushInterval?: number
  /** @deprecated No effect: no analytics events are sent. */
  readonly enableEventCompression?: boolean
  /** @deprecated No effect: no analytics events are sent. */
  readonly allAttributesPrivate?: boolean
  /** @deprecated No effect: no analytics events are sent. */
  readonly privateAttributes?: readonly string[]
  /** @deprecated No effect: no analytics events are sent. */
  readonly contextKeysCapacity?: number
  /** @deprecated No effect: no analytics events are sent. */
  readonly contextKeysFlushInterval?: number
  /** @deprecated No effect: no analytics events are sent. */
  readonly diagnosticOptOut?: boolean
  /** @deprecated No effect: no analytics events are sent. */
  readonly diagnosticRecordingInterval?: number
}

/** The proxy as LaunchDarkly's Node.js SDK describes it. */
export interface OfficialProxyOptions {
  readonly host?: string
  readonly port?: number
  /** Default `http`. */
  readonly scheme?: string
  /** User and password, separated by a colon. */
  readonly auth?: string
}

/** TLS as LaunchDarkly's Node.js SDK describes it. */
export interface OfficialTlsOptions extends Omit<ServiceTlsOptions, 'verify' | 'key' | 'pfx'> {
  readonly key?: string | Buffer | readonly (string | Buffer | object)[]
  readonly pfx?: string | Buffer | readonly (string | Buffer | object)[]
  /** false: `verify: 'never'`. */
  readonly rejectUnauthorized?: boolean
}

/** Options of LaunchDarkly's Node.js SDK about events, which this client does not send. */
const EVENTS: readonly string[] = [
  ['sendEvents', 'eventsUri', 'capacity', 'flushInterval', 'enableEventCompression'],
  ['allAttributesPrivate', 'privateAttributes', 'contextKeysCapacity', 'contextKeysFlushInterval'],
  ['diagnosticOptOut', 'diagnosticRecordingInterval'],
].flat()

/** Other options of LaunchDarkly's Node.js SDK without effect here, and what to use instead. */
const INSTEAD: Readonly<Record<string, string>> = {
  timeout: 'a request ends after 10 s without a byte',
  bigSegments: 'big segments have no store here, and evaluation says NOT_CONFIGURED',
  payloadFilterKey: 'all flags of the environment are received',
  plugins: 'give their hooks as options.hooks',
  proxyAgent: 'use options.proxy, or options.dispatcher',
}

/** Options in the terms of Halyard, and what to warn of. */
export interface OfficialReading {
  readonly options: unknown
  readonly warnings: readonly string[]
}

/** Maps options that only LaunchDarkly's SDK has onto ours where the meaning exists; one of ours beside them counts for more. */
export function readOfficialOptions(given: unknown): OfficialReading {
  if (!isJsonObject(given)) return { options: given, warnings: [] }
  const { proxyOptions, tlsParams, wrapperName, wrapperVersion, ...rest } = given
  const proxy = isJsonObject(proxyOptions) ? proxyUrl(proxyOptions) : proxyOptions
  const tls = isJsonObject(tlsParams) ? tlsOf(tlsParams) : tlsParams
  const wrapper =
    wrapperName === undefined
      ? undefined
      : { name: wrapperName, ...(wrapperVersion !== undefined && { version: wrapperVersion }) }
  const idle = EVENTS.filter((name) => rest[name] !== undefined)
  // To be asked for what happens anyway is no news.
  const asked = idle.filter(
    (name) => name !== 'diagnosticOptOut' && !(name === 'sendEvents' && rest[name] === false),
  )
  const others = Object.keys(INSTEAD).filter((name) => rest[name] !== undefined)
  const known = new Set([...idle, ...others])
  return {
    options: {
      ...(proxy !== undefined && { proxy }),
      ...(tls !== undefined && { tls }),
      ...(wrapper && { wrapper }),
      ...Object.fromEntries(Object.entries(rest).filter(([name]) => !known.has(name))),
    },
    warnings: [
      ...(asked.length > 0
        ? [
            `${asked.map((name) => `options.${name}`).join(', ')}: without effect, because no analytics events are sent`,
          ]
        : []),
      ...others.map((name) => `options.${name}: without effect; ${INSTEAD[name]}`),
    ],
  }
}

function proxyUrl({ host, port, scheme, auth }: JsonObject): string {
  const [user = '', ...password] = typeof auth === 'string' ? auth.split(':') : []
  const credential = user === '' ? '' : `${[user, password.join(':')].map(encodeURIComponent).join(':')}@`
  const protocol = typeof scheme === 'string' && scheme.startsWith('https') ? 'https' : 'http'
  return `${protocol}://${credential}${String(host)}${typeof port === 'number' ? `:${port}` : ''}`
}

/** Members that we do not have stay, and are refused by name. */
function tlsOf({ rejectUnauthorized, ...rest }: JsonObject): JsonObject {
  return { ...rest, ...(rejectUnauthorized === false && { verify: 'never' }) }
}
