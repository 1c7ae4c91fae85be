import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Address, Audience } from './addresses.ts'
import type { EnvironmentConfig } from './config/relay-config.ts'

/** A credential of a request or of an environment. */
export interface Credential {
  readonly audience: Audience
  readonly value: string
}

/** A credential of an environment, by its digest. */
export interface CredentialDigest {
  readonly digest: string
  /** The time at which the credential expires, in milliseconds since the Unix epoch; `Infinity` for never. */
  readonly until: number
}

/** A former client prefixes its key. LaunchDarkly's Relay Proxy accepts that, too. */
const KEY_PREFIX = /^api_key /

const MOBILE_KEY = /^mob-/

/** Returns the credential that the request presents for the address. Its value is empty if there is none. */
export function credentialOf(
  { audience, envId = '' }: Address,
  { headers }: IncomingMessage,
  query: string,
): Credential {
  const key = (headers.authorization ?? '').replace(KEY_PREFIX, '')
  if (audience === 'browser') return { audience, value: envId }
  if (audience !== 'client') return { audience, value: key }
  const value = key || (new URLSearchParams(query).get('auth') ?? '')
  return { audience: MOBILE_KEY.test(value) ? 'mobile' : 'browser', value }
}

/** Returns the digests of all credentials of an environment. */
export function digestsOf(environment: EnvironmentConfig): readonly CredentialDigest[] {
  const { sdkKey, mobileKey, envId, moreKeys = [] } = environment
  const server = [{ value: sdkKey }, ...moreKeys].map((key) => ({ audience: 'server' as const, ...key }))
  const mobile = mobileKey === undefined ? [] : [{ audience: 'mobile' as const, value: mobileKey }]
  const browser = envId === undefined ? [] : [{ audience: 'browser' as const, value: envId }]
  return [...server, ...mobile, ...browser].map(
    ({ until = Infinity, ...credential }: ExpiringCredential) => ({
      digest: digestOf(credential),
      until,
    }),
  )
}

interface ExpiringCredential extends Credential {
  readonly until?: number
}

/** Returns the digest by which a key is looked up. A comparison of keys would reveal by its timing how much of a key is correct. */
export function digestOf({ audience, value }: Credential): string {
  return createHash('sha256').update(`${audience}\0${value}`).digest('base64')
}
