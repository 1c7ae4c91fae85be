import type { IncomingHttpHeaders } from 'node:http'
import type { Audience } from '../addresses.ts'

/** The name and version of an SDK, as its requests present them. */
export interface SdkName {
  readonly name: string
  /** Empty if the name is {@link UNKNOWN} or {@link OTHER}. */
  readonly version: string
}

/** The name if the request has no user agent, or one that does not begin with a name and a version. */
const UNKNOWN: SdkName = { name: 'unknown', version: '' }

/** The name of all SDKs beyond the limit. */
export const OTHER: SdkName = { name: 'other', version: '' }

const PRODUCT = /^([A-Za-z][\w.-]{0,47})\/(\d[\w.+-]{0,31})(?=[\s,;]|$)/

/**
 * Number of names with a version for each kind of credential. Client-side IDs are public: with one limit for all kinds, forged
 * names of browsers could use up those of servers.
 */
const MAX_NAMES = 100

/** Returns the user agent of an SDK. Browsers do not let a page set `User-Agent`. */
export function agentOf(headers: IncomingHttpHeaders): string {
  return String(headers['x-launchdarkly-user-agent'] ?? headers['user-agent'] ?? '')
}

/** Reads the SDKs of requests. The number of its different results is limited, so that they may be labels of metrics. */
export class SdkNames {
  readonly #known: Readonly<Record<Audience, Map<string, SdkName>>> = {
    server: new Map(),
    mobile: new Map(),
    browser: new Map(),
  }

  of(agent: string, audience: Audience): SdkName {
    const [product, name, version] = PRODUCT.exec(agent) ?? []
    if (product === undefined || name === undefined || version === undefined) return UNKNOWN
    const known = this.#known[audience]
    const sdk = known.get(product)
    if (sdk) return sdk
    if (known.size >= MAX_NAMES) return OTHER
    const added: SdkName = { name, version }
    known.set(product, added)
    return added
  }
}

/** Returns the name and the version for a log line, for example `NodeJSClient/9.7.1`. */
export function sdkText({ name, version }: SdkName): string {
  return version === '' ? name : `${name}/${version}`
}
