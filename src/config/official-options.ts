import { isJsonObject, type JsonObject } from '../model/json.ts'
import type { ServiceTlsOptions } from '../transport/tls.ts'

/** Options of LaunchDarkly's Node.js SDK that are converted or ignored, so that option objects of the SDK compile. */
export interface OfficialOptions {
  /**
   * The proxy.
   *
   * @deprecated Use `proxy`, which overrides it.
   */
  readonly proxyOptions?: OfficialProxyOptions
  /**
   * The TLS options.
   *
   * @deprecated Use `tls`, which overrides it.
   */
  readonly tlsParams?: OfficialTlsOptions
  /**
   * The name of the library that wraps this one.
   *
   * @deprecated Use `wrapper`, which overrides it.
   */
  readonly wrapperName?: string
  /**
   * The version of the library that wraps this one.
   *
   * @deprecated Use `wrapper`, which overrides it.
   */
  readonly wrapperVersion?: string
  /**
   * A time limit of requests, in seconds.
   *
   * @deprecated No effect: a request times out after 10 s without data.
   */
  readonly timeout?: number
  /**
   * The store of big segments.
   *
   * @deprecated No effect on a data system, which evaluates no flags. It is an option of `createClient`.
   */
  readonly bigSegments?: unknown
  /**
   * The key of a payload filter.
   *
   * @deprecated No effect: the client receives all flags of the environment.
   */
  readonly payloadFilterKey?: string
  /** No effect on a data system without a client. */
  readonly plugins?: readonly unknown[]
  /**
   * An agent of Node.js for requests through a proxy.
   *
   * @deprecated No effect: use `proxy` or `dispatcher`.
   */
  readonly proxyAgent?: unknown
}

/** A proxy, in the form of LaunchDarkly's Node.js SDK. */
export interface OfficialProxyOptions {
  /** Host of the proxy. */
  readonly host?: string
  /** Port of the proxy. Default: the port of the scheme. */
  readonly port?: number
  /** Scheme of the proxy, `http` or `https`. Default `http`. */
  readonly scheme?: string
  /** User and password, separated by a colon. Default: none. */
  readonly auth?: string
}

/** TLS options, in the form of LaunchDarkly's Node.js SDK. */
export interface OfficialTlsOptions extends Omit<ServiceTlsOptions, 'verify' | 'key' | 'pfx'> {
  /** Private keys in PEM. */
  readonly key?: string | Buffer | readonly (string | Buffer | object)[]
  /** Contents of PKCS #12 files. */
  readonly pfx?: string | Buffer | readonly (string | Buffer | object)[]
  /** false: certificates are not verified, like `verify: 'never'`. Default true. */
  readonly rejectUnauthorized?: boolean
}

/** Other options without effect, and the reason or the option to use instead. */
const INSTEAD: Readonly<Record<string, string>> = {
  timeout: 'a request times out after 10 s without data',
  bigSegments: 'only clients evaluate flags',
  payloadFilterKey: 'the client receives all flags of the environment',
  plugins: 'only clients have plugins, use createClient',
  proxyAgent: 'use options.proxy, or options.dispatcher',
}

export interface OfficialReading {
  readonly options: unknown
  readonly warnings: readonly string[]
}

/** Converts options that only LaunchDarkly's SDK has to those of Halyard. An option of Halyard beside them is kept. */
export function readOfficialOptions(given: unknown): OfficialReading {
  if (!isJsonObject(given)) return { options: given, warnings: [] }
  const { proxyOptions, tlsParams, wrapperName, wrapperVersion, events, ...rest } = given
  const proxy = isJsonObject(proxyOptions) ? proxyUrl(proxyOptions) : proxyOptions
  const tls = isJsonObject(tlsParams) ? tlsOf(tlsParams) : tlsParams
  const wrapper =
    wrapperName === undefined
      ? undefined
      : { name: wrapperName, ...(wrapperVersion !== undefined && { version: wrapperVersion }) }
  const others = Object.keys(INSTEAD).filter((name) => rest[name] !== undefined)
  const known = new Set(others)
  return {
    options: {
      ...(proxy !== undefined && { proxy }),
      ...(tls !== undefined && { tls }),
      ...(wrapper && { wrapper }),
      ...(events !== undefined && events !== false && { events }),
      ...Object.fromEntries(Object.entries(rest).filter(([name]) => !known.has(name))),
      ...(events === false && { sendEvents: false }),
    },
    warnings: others.map((name) => `options.${name}: without effect; ${INSTEAD[name]}`),
  }
}

function proxyUrl({ host, port, scheme, auth }: JsonObject): string {
  const [user = '', ...password] = typeof auth === 'string' ? auth.split(':') : []
  const credential = user === '' ? '' : `${[user, password.join(':')].map(encodeURIComponent).join(':')}@`
  const protocol = typeof scheme === 'string' && scheme.startsWith('https') ? 'https' : 'http'
  return `${protocol}://${credential}${String(host)}${typeof port === 'number' ? `:${port}` : ''}`
}

/** Keeps members that Halyard does not have, so that the check of unknown names reports them. */
function tlsOf({ rejectUnauthorized, ...rest }: JsonObject): JsonObject {
  return { ...rest, ...(rejectUnauthorized === false && { verify: 'never' }) }
}
