import { createHash, createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { FurtherKey } from '../options/key-list.ts'
import type { Address, Audience } from './addresses.ts'
import type { EnvironmentConfig } from './config/relay-config.ts'

/** A credential of a request or of an environment. */
export interface Credential {
  readonly audience: Audience
  readonly value: string
}

/** A credential of an environment. */
export interface ValidCredential extends Credential {
  /** The time at which the credential expires, in milliseconds since the Unix epoch; `Infinity` for never. */
  readonly until: number
}

/**
 * The part of a request that selects an environment. `key`: a key whose kind is not known. `event token`: the token of a stream of
 * OFREP. `contradiction`: two different keys, which select none.
 */
export type Presented =
  | { readonly type: 'credential'; readonly credential: Credential }
  | { readonly type: 'key' | 'event token'; readonly value: string }
  | { readonly type: 'contradiction' }

/** A former client prefixes its key. LaunchDarkly's Relay Proxy accepts that, too. */
const KEY_PREFIX = /^api_key /

const MOBILE_KEY = /^mob-/

/** The forms of `Authorization` with OFREP. */
const SCHEME = /^(?:bearer|api_key)(?:\s+|$)/i

/** Returns what the request presents for the address. A value is empty if there is none. */
export function presentedIn(address: Address, request: IncomingMessage, query: string): Presented {
  if (address.audience !== 'any')
    return { type: 'credential', credential: credentialOf(address, request, query) }
  const token = address.service === 'ofrep events' ? new URLSearchParams(query).get('token') : null
  if (token) return { type: 'event token', value: token }
  const { authorization = '', 'x-api-key': apiKey = '' } = request.headers
  // Node.js joins repeated headers by commas.
  const keys = [authorization.trim().replace(SCHEME, ''), ...String(apiKey).split(',')].map((key) =>
    key.trim(),
  )
  const [value = '', ...others] = new Set(keys.filter((key) => key !== ''))
  return others.length > 0 ? { type: 'contradiction' } : { type: 'key', value }
}

function credentialOf(
  { audience, envId = '' }: Address,
  { headers }: IncomingMessage,
  query: string,
): Credential {
  const key = (headers.authorization ?? '').replace(KEY_PREFIX, '')
  if (audience === 'browser') return { audience, value: envId }
  if (audience === 'server' || audience === 'mobile') return { audience, value: key }
  const value = key || (new URLSearchParams(query).get('auth') ?? '')
  return { audience: MOBILE_KEY.test(value) ? 'mobile' : 'browser', value }
}

/**
 * Returns the token with which a client that has the credential may open streams of OFREP. A stream of a browser cannot send headers,
 * and keys must not appear in URLs. It is the same after a restart and on other relays, because providers keep it.
 */
export function eventTokenOf({ audience, value }: Credential): string {
  return createHmac('sha256', value).update(`halyard ofrep events ${audience}`).digest('base64url')
}

/** Returns the credential that an unknown key stands for in an environment that accepts every key. */
export function guessedCredential(presented: Presented): Credential {
  switch (presented.type) {
    case 'credential':
      return presented.credential
    case 'key':
      return { audience: MOBILE_KEY.test(presented.value) ? 'mobile' : 'server', value: presented.value }
    case 'event token':
    case 'contradiction':
      return { audience: 'server', value: '' }
    default:
      return presented satisfies never
  }
}

/** Returns all credentials of an environment, including expired ones. */
export function credentialsOf(environment: EnvironmentConfig): readonly ValidCredential[] {
  const { sdkKey, moreSdkKeys = [], mobileKey, moreMobileKeys = [], envId } = environment
  return [
    ...valid('server', [{ value: sdkKey }, ...moreSdkKeys]),
    ...valid('mobile', [...(mobileKey === undefined ? [] : [{ value: mobileKey }]), ...moreMobileKeys]),
    ...valid('browser', envId === undefined ? [] : [{ value: envId }]),
  ]
}

function valid(audience: Audience, keys: readonly FurtherKey[]): readonly ValidCredential[] {
  return keys.map(({ value, until = Infinity }) => ({ audience, value, until }))
}

/** Returns the digest by which a key is looked up. A comparison of keys would reveal by its timing how much of a key is correct. */
export function digestOf({ audience, value }: Credential): string {
  return createHash('sha256').update(`${audience}\0${value}`).digest('base64')
}
