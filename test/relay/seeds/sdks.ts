import { init, type LDClient, type LDOptions } from '@launchdarkly/node-server-sdk'
import { RedisFeatureStore } from '@launchdarkly/node-server-sdk-redis'
import { onTestFinished } from 'vitest'
import { type ClientOptions, createClient } from '../../../src/client/create-client.ts'
import type { FlagClient } from '../../../src/client/flag-client.ts'
import { silent } from '../starting.ts'

export const ADA = { kind: 'user', key: 'ada' } as const

/** The official SDK and ours, as far as they are one. */
export type Sdk = Pick<LDClient | FlagClient, 'variation' | 'variationDetail'>

/** Our client, closed when the test is over. */
export function ours(sdkKey: string, options: ClientOptions): FlagClient {
  const client = createClient(sdkKey, { logger: silent, ...options })
  onTestFinished(() => client.close())
  return client
}

/** LaunchDarkly's, the same way. */
export async function theirs(sdkKey: string, options: LDOptions): Promise<LDClient> {
  const client = init(sdkKey, { sendEvents: false, logger: silent, ...options })
  onTestFinished(() => client.close())
  await client.waitForInitialization({ timeout: 60 })
  return client
}

/** LaunchDarkly's store in Redis; `cacheTTL` in seconds. */
export function theirStore(
  port: number,
  prefix: string,
  cacheTTL: number,
): NonNullable<LDOptions['featureStore']> {
  return RedisFeatureStore({ redisOpts: { host: '127.0.0.1', port }, prefix, cacheTTL })
}

/** What each of them answers. */
export function valuesOf(sdks: readonly Sdk[], key: string): Promise<unknown[]> {
  return Promise.all(sdks.map((sdk) => sdk.variation(key, ADA, 'fallback')))
}

/** The same, with the kind of error in the place of a reason. */
export function detailsOf(sdks: readonly Sdk[], key: string): Promise<unknown[]> {
  return Promise.all(
    sdks.map(async (sdk) => {
      const { value, reason } = await sdk.variationDetail(key, ADA, 'fallback')
      return [value, reason.kind === 'ERROR' ? reason.errorKind : reason.kind]
    }),
  )
}
