import { presets } from '../../../src/config/presets.ts'
import { redisStore } from '../../../src/store/redis/redis-store.ts'
import { eventually, type RedisServer } from '../../support/redis-server.ts'
import type { RunningRelay } from '../../support/relay-command.ts'
import { type Service, startService } from '../../support/service.ts'
import { addressesOf, environment, type Settings } from './document.ts'
import { halyardClient, officialClient, officialStore, type Sdk } from './sdks.ts'

/** The two environments of "Spree" in both examples of the document. */
export const PRODUCTION: Place = { sdkKey: 'SPREE_PROD_SDK_KEY', prefix: 'ld:spree:production' }
export const TEST: Place = { sdkKey: 'SPREE_TEST_SDK_KEY', prefix: 'ld:spree:test' }

export interface Place {
  readonly sdkKey: string
  readonly prefix: string
}

/** A service with both environments: flag `a` is `production` in one and `test` in the other. */
export function startSpree(): Promise<Service> {
  return startService({
    [PRODUCTION.sdkKey]: environment('production'),
    [TEST.sdkKey]: environment('test'),
  })
}

/** Returns the status of a relay: the whole, and the environment of this name. */
export async function statusOf(relay: RunningRelay, name: string): Promise<readonly string[]> {
  const { body } = await relay.ask('/status')
  const { status, environments } = body as {
    readonly status: string
    readonly environments: Readonly<Record<string, { readonly status: string }>>
  }
  return [status, environments[name]?.status ?? 'unknown']
}

/** The Redis of the document, and its readers. */
export class SpreeRedis {
  readonly server: RedisServer

  constructor(server: RedisServer) {
    this.server = server
  }

  /** Variables in addition to an example: the port of this Redis, and the address of the service. */
  variables(service: Pick<Service, 'url'>, more: Settings = {}): Settings {
    return { REDIS_PORT: String(this.server.port), ...addressesOf(service), ...more }
  }

  /** Resolves when Redis has both environments. */
  async waitForData(...places: readonly Pick<Place, 'prefix'>[]): Promise<void> {
    for (const { prefix } of places.length > 0 ? places : [PRODUCTION, TEST]) {
      await eventually(() =>
        this.server.as(async (client) => (await client.exists(`${prefix}:$inited`)) === 1),
      )
    }
  }

  /** Returns the rows of a hash, as objects. */
  async rows(key: string): Promise<Record<string, unknown>> {
    const texts = await this.server.as((client) => client.hgetall(key))
    return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, JSON.parse(text)]))
  }

  /** Creates clients of both SDKs in daemon mode, with this cache time in seconds. */
  async readers({ sdkKey, prefix }: Place, cacheTTL: number): Promise<[ours: Sdk, theirs: Sdk]> {
    const store = redisStore({ url: this.server.url, prefix, cacheTTL })
    return [
      halyardClient(sdkKey, { dataSystem: presets.daemon(store) }),
      await officialClient(sdkKey, {
        featureStore: officialStore(this.server.port, prefix, cacheTTL),
        useLdd: true,
      }),
    ]
  }
}
