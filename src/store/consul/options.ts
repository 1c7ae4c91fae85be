import { DEFAULT_PREFIX, SIDECAR } from '../../layout/row.ts'
import type { StoreUse } from '../../model/persistent-store.ts'
import { checkOptions, type OptionRules } from '../../options/check.ts'
import {
  authorities,
  CACHE_TTL_NAMES,
  duration,
  group,
  host,
  isPort,
  port,
  readUse,
  sharedGroup,
  storeUseSchemas,
  text,
  textThat,
  tlsSchema,
  tlsWarnings,
} from '../../options/schemas.ts'
import { oneOf, type Schema, trueOrFalse, valueThat } from '../../options/value-schema.ts'
import { baseUrlFault, readAddress } from '../../transport/base-url.ts'
import type { TlsOptions } from '../../transport/tls.ts'

// The HTTP client would reject a line break in a header with an error that contains the token.
const token = textThat(
  (value) => /^[\x21-\x7e]+$/.test(value),
  'a token of printable characters, without spaces and line breaks (files often end with a line break)',
)

const optionsSchema: Schema = group({
  url: valueThat(
    (value) => typeof value === 'string' && readAddress(value, 'http') !== undefined,
    (value) => `the address of an agent, ${addressFault(value) ?? 'an http or https URL'}`,
  ),
  host,
  port,
  prefix: textThat(
    (value) => fitsUrl(value) && value.split('/')[0] !== SIDECAR,
    `a path without empty or dotted segments, and not below ${SIDECAR}`,
  ),
  token,
  namespace: text,
  datacenter: text,
  tls: tlsSchema,
  consistency: oneOf('default', 'consistent', 'stale'),
  consulOptions: sharedGroup({
    host,
    port: valueThat((value) => isPort(Number(value)), 'the number of a port'),
    secure: trueOrFalse,
    ca: authorities,
    defaults: sharedGroup({ token, dc: text, ns: text }),
  }),
  cacheTTL: duration,
  ...storeUseSchemas,
})

const RULES: OptionRules<ConsulStoreOptions> = {
  root: 'consulStore',
  schema: optionsSchema,
  alternatives: [
    ['url', 'host', 'consulOptions.host'],
    ['url', 'port', 'consulOptions.port'],
    ['token', 'consulOptions.defaults.token'],
    ['namespace', 'consulOptions.defaults.ns'],
    ['datacenter', 'consulOptions.defaults.dc'],
    ['tls', 'consulOptions.ca'],
    CACHE_TTL_NAMES,
  ],
}

interface CheckedConsulOptions {
  readonly settings: ConsulSettings
  readonly use: StoreUse
  readonly warnings: readonly string[]
}

export function checkConsulOptions(options: ConsulStoreOptions): CheckedConsulOptions {
  const warnings = [...checkOptions(options, RULES), ...tlsWarnings(RULES.root, options.tls)]
  return { settings: settingsOf(options), use: readUse(options), warnings }
}

function settingsOf(options: ConsulStoreOptions): ConsulSettings {
  const { prefix = DEFAULT_PREFIX, consistency = 'default', consulOptions = {} } = options
  const { secure, ca, defaults = {} } = consulOptions
  const tls = options.tls ?? (ca && { ca })
  const token = options.token ?? defaults.token
  const namespace = options.namespace ?? defaults.ns
  const datacenter = options.datacenter ?? defaults.dc
  return {
    // Options for TLS imply https.
    url: urlOf(options, (secure ?? tls) ? 'https' : 'http'),
    prefix,
    consistency,
    ...(token !== undefined && { token }),
    ...(namespace !== undefined && { namespace }),
    ...(datacenter !== undefined && { datacenter }),
    ...(tls && { tls }),
  }
}

function urlOf({ url, host, port, consulOptions }: ConsulStoreOptions, scheme: 'http' | 'https'): string {
  const own = addressOf(
    host ?? consulOptions?.host ?? 'localhost',
    port ?? consulOptions?.port ?? 8500,
    scheme,
  )
  return readAddress(url ?? own, scheme) ?? own
}

/** Returns the expectation that the wrong part of an address fails; `undefined` if that is not known. */
export function addressFault(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  return baseUrlFault(value.includes('://') ? value : `http://${value}`)
}

function addressOf(host: string, port: number | string, scheme: 'http' | 'https'): string {
  const isV6 = host.includes(':') && !host.startsWith('[')
  return `${scheme}://${isV6 ? `[${host}]` : host}:${port}`
}

/** Characters that Consul accepts in the path of a URL. Its transactions accept any key. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]+$/u

/** Checks that a key is unchanged in a URL, which loses dot segments and double slashes. */
export function fitsUrl(key: string): boolean {
  return PRINTABLE.test(key) && !key.split('/').some((segment) => ['', '.', '..'].includes(segment))
}

export function pathOf(key: string): string {
  return key.split('/').map(encodeURIComponent).join('/')
}

/**
 * Consistency of reads: `default` (by the leader, which may rarely be outdated), `consistent` (the leader asks its
 * followers first), `stale` (by any server, which may lag behind).
 */
export type ConsulConsistency = 'default' | 'consistent' | 'stale'

/** Options of {@link consulStore}. Printing the store shows none of its secrets. */
export interface ConsulStoreOptions extends StoreUse {
  /**
   * Address of the agent, for example `my-consul:8500` or `https://my-consul:8501`. Default `http://localhost:8500`.
   */
  readonly url?: string
  /** Host of the agent, in place of `url`. Default `localhost`. */
  readonly host?: string
  /** Port of the agent, in place of `url`. Default 8500. */
  readonly port?: number
  /** Prefix of all keys. Each environment needs its own. Default `launchdarkly`. */
  readonly prefix?: string
  /**
   * ACL token. Needs read and write permission for keys that begin with the prefix, or with `$halyard/` and the
   * prefix.
   */
  readonly token?: string
  /** Namespace of Consul Enterprise. Default: that of the token. */
  readonly namespace?: string
  /** Datacenter. Default: that of the agent. */
  readonly datacenter?: string
  /** Certificates for https. Default: verify the agent with the authorities that Node.js trusts. */
  readonly tls?: TlsOptions
  /** Consistency of reads; writes always use the leader. Default `default`. */
  readonly consistency?: ConsulConsistency
  /**
   * Options of the npm package `consul`, as LaunchDarkly's SDKs for Node.js take them, in place of `url`, `host` and
   * `port`.
   */
  readonly consulOptions?: ConsulClientOptions
  /** `cacheTtlMs` in seconds, as LaunchDarkly's SDKs for Node.js name it. */
  readonly cacheTTL?: number
}

/** The supported options of the npm package `consul`. */
export interface ConsulClientOptions {
  /** The host of the agent. Default `localhost`. */
  readonly host?: string
  /** The port of the agent. Default 8500. */
  readonly port?: number | string
  /** True for https. Default: true if there are options for TLS. */
  readonly secure?: boolean
  /** Certificate authorities to trust instead of those of Node.js. */
  readonly ca?: TlsOptions['ca']
  /** The ACL token, the datacenter and the namespace of all requests. */
  readonly defaults?: { readonly token?: string; readonly dc?: string; readonly ns?: string }
}

export interface ConsulSettings {
  /** Scheme, host, port and optional path, without a slash at the end and without credentials. */
  readonly url: string
  readonly prefix: string
  readonly token?: string
  readonly namespace?: string
  readonly datacenter?: string
  readonly tls?: TlsOptions
  readonly consistency: ConsulConsistency
}
