import { z } from 'zod'
import { DEFAULT_PREFIX, SIDECAR } from '../../layout/row.ts'
import type { StoreUse } from '../../model/persistent-store.ts'
import { checkOptions, type OptionRules } from '../../options/check.ts'
import {
  authorities,
  CACHE_RIVALS,
  duration,
  group,
  host,
  isPort,
  oneOf,
  port,
  readUse,
  sharedGroup,
  text,
  textThat,
  tlsForm,
  tlsWarnings,
  useForms,
  yesOrNo,
} from '../../options/forms.ts'
import { baseUrlFault, readAddress } from '../../transport/base-url.ts'
import type { TlsOptions } from '../../transport/tls.ts'

// The HTTP client would refuse a line break in a header with an error that repeats the header.
const token = textThat(
  (value) => /^[\x21-\x7e]+$/.test(value),
  'a token of printable characters, without spaces and line breaks (files often end with a line break)',
)

/** What each option must be like. */
const optionsForm: z.ZodType = group({
  url: z.custom((value) => typeof value === 'string' && readAddress(value, 'http') !== undefined, {
    error: ({ input }) => `the address of an agent, ${addressFault(input) ?? 'an http or https URL'}`,
  }),
  host,
  port,
  prefix: textThat(
    (value) => fitsUrl(value) && value.split('/')[0] !== SIDECAR,
    `a path without empty or dotted segments, and not below ${SIDECAR}`,
  ),
  token,
  namespace: text,
  datacenter: text,
  tls: tlsForm,
  consistency: oneOf('default', 'consistent', 'stale'),
  consulOptions: sharedGroup({
    host,
    port: z.custom((value) => isPort(Number(value)), 'the number of a port'),
    secure: yesOrNo,
    ca: authorities,
    defaults: sharedGroup({ token, dc: text, ns: text }),
  }),
  cacheTTL: duration,
  ...useForms,
})

const RULES: OptionRules<ConsulStoreOptions> = {
  root: 'consulStore',
  form: optionsForm,
  rivals: [
    ['url', 'host', 'consulOptions.host'],
    ['url', 'port', 'consulOptions.port'],
    ['token', 'consulOptions.defaults.token'],
    ['namespace', 'consulOptions.defaults.ns'],
    ['datacenter', 'consulOptions.defaults.dc'],
    ['tls', 'consulOptions.ca'],
    CACHE_RIVALS,
  ],
}

export interface CheckedConsulOptions {
  readonly settings: ConsulSettings
  readonly use: StoreUse
  /** What to tell the user of, once there is a logger. */
  readonly warnings: readonly string[]
}

/** Checks options and fills them in. Throws a {@link ConfigError} with everything that is wrong. */
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
    // Who says how to know the agent means https.
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

/** Returns what is expected of the part of an address that is wrong; `undefined` if that is not known. */
export function addressFault(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  return baseUrlFault(value.includes('://') ? value : `http://${value}`)
}

function addressOf(host: string, port: number | string, scheme: 'http' | 'https'): string {
  const isV6 = host.includes(':') && !host.startsWith('[')
  return `${scheme}://${isV6 ? `[${host}]` : host}:${port}`
}

/** What Consul lets through in the path of a URL; its transactions take any key. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]+$/u

/** Whether a key arrives as it is when it travels in a URL, whose dots and double slashes are cleaned away. */
export function fitsUrl(key: string): boolean {
  return PRINTABLE.test(key) && !key.split('/').some((segment) => ['', '.', '..'].includes(segment))
}

/** A key as a path; slashes stay. */
export function pathOf(key: string): string {
  return key.split('/').map(encodeURIComponent).join('/')
}

/**
 * How fresh reads are, in Consul's words: `default` (by the leader, which may rarely be deposed without knowing),
 * `consistent` (the leader asks the others first), `stale` (by any server, which may lag behind).
 */
export type Consistency = 'default' | 'consistent' | 'stale'

/** Where Consul is and how it is used. Secrets do not show when what is made of this is printed. */
export interface ConsulStoreOptions extends StoreUse {
  /** Of an agent, `http://localhost:8500` if nothing is said; without a scheme, as `my-consul:8500`, http. */
  readonly url?: string
  /** In place of `url`. Default `localhost`. */
  readonly host?: string
  /** In place of `url`. Default 8500. */
  readonly port?: number
  /** Where the keys begin: one for each environment. Default `launchdarkly`. */
  readonly prefix?: string
  /** Of an ACL. Needs to read and write what begins with the prefix and with `$halyard/` and the prefix. */
  readonly token?: string
  /** Of Consul Enterprise. Default: that of the token. */
  readonly namespace?: string
  /** Default: that of the agent. */
  readonly datacenter?: string
  /** For https: how to know the agent, and how to be known by it. Default: verify with the authorities Node knows. */
  readonly tls?: TlsOptions
  /** Of reads; writes always go by the leader. Default `default`. */
  readonly consistency?: Consistency
  /** Where LaunchDarkly's SDKs for Node.js expect the address; in place of `url`, `host` and `port`. */
  readonly consulOptions?: ConsulClientOptions
  /** `cacheTtlMs` in seconds, as LaunchDarkly's SDKs for Node.js have it. */
  readonly cacheTTL?: number
}

/** The options of the npm package `consul` that mean something here. */
export interface ConsulClientOptions {
  readonly host?: string
  readonly port?: number | string
  readonly secure?: boolean
  readonly ca?: TlsOptions['ca']
  readonly defaults?: { readonly token?: string; readonly dc?: string; readonly ns?: string }
}

/** The same with nothing left to ask. */
export interface ConsulSettings {
  /** Scheme, host, port and maybe a path; no slash at the end, never a credential. */
  readonly url: string
  readonly prefix: string
  readonly token?: string
  readonly namespace?: string
  readonly datacenter?: string
  readonly tls?: TlsOptions
  readonly consistency: Consistency
}
