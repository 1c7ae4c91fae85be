import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Address } from '../addresses.ts'
import { HASH_HEADER } from './secure-mode.ts'

/** The origins and headers that an environment allows in requests of browsers. */
export interface CorsOptions {
  /** Default: all. */
  readonly allowedOrigins?: readonly string[]
  /** Headers in addition to those of LaunchDarkly's SDKs. */
  readonly allowedHeaders?: readonly string[]
}

/** The request headers that LaunchDarkly's SDKs and providers of OFREP set. */
const SDK_HEADERS: readonly string[] = [
  'Cache-Control',
  'Content-Type',
  'Content-Length',
  'Accept-Encoding',
  'Authorization',
  'X-LaunchDarkly-User-Agent',
  'X-LaunchDarkly-Payload-ID',
  'X-LaunchDarkly-Wrapper',
  'X-LaunchDarkly-Event-Schema',
  'X-LaunchDarkly-Tags',
  'X-LaunchDarkly-Instance-Id',
  'If-None-Match',
  'X-API-Key',
  HASH_HEADER,
]

/** The headers of an answer for each list of methods in the address table, which does not change. */
type HeadersByMethods = Map<readonly string[], readonly (readonly [name: string, value: string])[]>

/** The headers of one environment that tell browsers which pages may read an answer (CORS). */
export class Cors {
  readonly #origins: readonly string[]
  readonly #headers: string
  readonly #byMethods: HeadersByMethods = new Map()

  constructor({ allowedOrigins = [], allowedHeaders = [] }: CorsOptions) {
    this.#origins = allowedOrigins
    this.#headers = [...SDK_HEADERS, ...allowedHeaders].join(',')
  }

  /**
   * Sets the headers of an answer. An origin that is not listed is not refused, because browsers refuse the answer: its origin is
   * the first one listed.
   */
  apply(response: ServerResponse, { methods }: Address, origin: string | undefined): void {
    for (const [name, value] of this.#headersFor(methods)) response.setHeader(name, value)
    response.setHeader('access-control-allow-origin', this.#originFor(origin))
    if (this.#origins.length !== 1) response.setHeader('vary', 'Origin')
  }

  #originFor(origin: string | undefined): string {
    const [first] = this.#origins
    if (first === undefined) return origin ?? '*'
    return origin !== undefined && this.#origins.includes(origin) ? origin : first
  }

  #headersFor(methods: readonly string[]): readonly (readonly [string, string])[] {
    const known = this.#byMethods.get(methods)
    if (known) return known
    const headers = Object.entries({
      'access-control-allow-methods': [...methods, 'OPTIONS'].join(','),
      'access-control-allow-headers': this.#headers,
      'access-control-allow-credentials': 'false',
      'access-control-expose-headers': 'Date, ETag, Retry-After, X-LD-EnvId',
      'access-control-max-age': '300',
    })
    this.#byMethods.set(methods, headers)
    return headers
  }
}

/** For answers to unknown credentials, and to preflights without one. */
const ANY_ENVIRONMENT = new Cors({})

/** Sets the CORS headers of an answer if browsers use the address. */
export function applyCors(
  { headers }: IncomingMessage,
  response: ServerResponse,
  { address, cors = ANY_ENVIRONMENT }: { readonly address: Address; readonly cors?: Cors | undefined },
): void {
  if (isForBrowsers(address)) cors.apply(response, address, headers.origin)
}

/** Returns true for a request in which a browser asks for the CORS headers of an address. */
export function isPreflight({ method }: IncomingMessage, address: Address): boolean {
  return method === 'OPTIONS' && isForBrowsers(address)
}

function isForBrowsers({ audience }: Address): boolean {
  return audience === 'browser' || audience === 'client' || audience === 'any'
}
