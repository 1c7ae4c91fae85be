import { createHmac, timingSafeEqual } from 'node:crypto'
import type { EnvironmentConfig } from '../config/relay-config.ts'

/** The request header with the hash of the context. A provider of OFREP can change headers, but not its query parameters. */
export const HASH_HEADER = 'X-Secure-Mode-Hash'

/**
 * Returns whether the hash of a request was made for this context by a server that knows an SDK key of the environment: the
 * HMAC-SHA256 of the canonical key, in lower-case hexadecimal digits.
 *
 * @param now - the time in milliseconds since the Unix epoch, at which the SDK key must be valid.
 */
export function isSecureHash(
  hash: string,
  {
    canonicalKey,
    config,
    now,
  }: { readonly canonicalKey: string; readonly config: SdkKeys; readonly now: number },
): boolean {
  // Every key is tried, so that timing does not reveal which one was used.
  return sdkKeys(config, now).reduce((found, key) => isHmac(hash, key, canonicalKey) || found, false)
}

type SdkKeys = Pick<EnvironmentConfig, 'sdkKey' | 'moreSdkKeys'>

function sdkKeys({ sdkKey, moreSdkKeys = [] }: SdkKeys, now: number): readonly string[] {
  return [sdkKey, ...moreSdkKeys.filter(({ until = Infinity }) => now < until).map(({ value }) => value)]
}

function isHmac(hash: string, sdkKey: string, text: string): boolean {
  const expected = Buffer.from(createHmac('sha256', sdkKey).update(text).digest('hex'))
  const given = Buffer.from(hash)
  return given.length === expected.length && timingSafeEqual(given, expected)
}
