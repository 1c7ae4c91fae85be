import { init, type LDClient, type LDOptions } from '@launchdarkly/node-server-sdk'
import { RedisFeatureStore } from '@launchdarkly/node-server-sdk-redis'
import { onTestFinished } from 'vitest'
import { type ClientOptions, createClient } from '../../../src/client/create-client.ts'
import type { FlagClient } from '../../../src/client/flag-client.ts'
import { silent } from '../starting.ts'

const ADA = { kind: 'user', key: 'ada' } as const

/** The common part of the official SDK and Halyard's client. */
export type Sdk = Pick<LDClient | FlagClient, 'variation' | 'variationDetail'>

/** Creates a client of Halyard, which is closed after the test. */
export function halyardClient(sdkKey: string, options: ClientOptions): FlagClient {
  const client = createClient(sdkKey, { logger: silent, sendEvents: false, ...options })
  onTestFinished(() => client.close())
  return client
}

/** Creates a client of the official SDK, which is closed after the test. */
export async function officialClient(sdkKey: string, options: LDOptions): Promise<LDClient> {
  const client = init(sdkKey, { sendEvents: false, logger: silent, ...options })
  onTestFinished(() => client.close())
  await client.waitForInitialization({ timeout: 60 })
  return client
}

/** Creates LaunchDarkly's store in Redis. `cacheTTL` is in seconds. */
export function officialStore(
  port: number,
  prefix: string,
  cacheTTL: number,
): NonNullable<LDOptions['featureStore']> {
  return RedisFeatureStore({ redisOpts: { host: '127.0.0.1', port }, prefix, cacheTTL })
}

/** Returns the result of each client. */
export function valuesOf(sdks: readonly Sdk[], key: string): Promise<unknown[]> {
  return Promise.all(sdks.map((sdk) => sdk.variation(key, ADA, 'fallback')))
}

/** Returns the result of each client, with the kind of error as its reason. */
export function detailsOf(sdks: readonly Sdk[], key: string): Promise<unknown[]> {
  return Promise.all(
    sdks.map(async (sdk) => {
      const { value, reason } = await sdk.variationDetail(key, ADA, 'fallback')
      return [value, reason.kind === 'ERROR' ? reason.errorKind : reason.kind]
    }),
  )
}
