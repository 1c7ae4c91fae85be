import { createHash } from 'node:crypto'
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
