import { presets } from '../../../src/config/presets.ts'
import { redisStore } from '../../../src/store/redis/redis-store.ts'
import { eventually, type RedisServer } from '../../support/redis-server.ts'
import type { RunningRelay } from '../../support/relay-command.ts'
import { type Service, startService } from '../../support/service.ts'
import { elsewhere, environment, type Settings } from './document.ts'
import { ours, type Sdk, theirStore, theirs } from './sdks.ts'

/** What both examples of the document say of the two environments of "Spree". */
export const PRODUCTION: Place = { sdkKey: 'SPREE_PROD_SDK_KEY', prefix: 'ld:spree:production' }
export const TEST: Place = { sdkKey: 'SPREE_TEST_SDK_KEY', prefix: 'ld:spree:test' }

export interface Place {
  readonly sdkKey: string
  readonly prefix: string
}

/** LaunchDarkly, with both environments: flag `a` is `production` in one and `test` in the other. */
export function startSpree(): Promise<Service> {
  return startService({
    [PRODUCTION.sdkKey]: environment('production'),
    [TEST.sdkKey]: environment('test'),
  })
}

/** How a relay says it does: all of it, and the environment of this name. */
export async function healthOf(relay: RunningRelay, name: string): Promise<readonly string[]> {
  const { body } = await relay.ask('/status')
  const { status, environments } = body as {
    readonly status: string
    readonly environments: Readonly<Record<string, { readonly status: string }>>
  }
  return [status, environments[name]?.status ?? 'unknown']
}

/** The document's Redis, and who reads from it. */
export class SpreeRedis {
  readonly server: RedisServer

  constructor(server: RedisServer) {
    this.server = server
  }

  /** What is beside an example: the port of this Redis, and where this service is. */
  beside(service: Pick<Service, 'url'>, more: Settings = {}): Settings {
    return { REDIS_PORT: String(this.server.port), ...elsewhere(service), ...more }
  }

  /** Resolves when both environments are in there. */
  async filled(...places: readonly Pick<Place, 'prefix'>[]): Promise<void> {
    for (const { prefix } of places.length > 0 ? places : [PRODUCTION, TEST]) {
      await eventually(() =>
        this.server.as(async (client) => (await client.exists(`${prefix}:$inited`)) === 1),
      )
    }
  }

  /** The rows of a hash, as objects. */
  async rows(key: string): Promise<Record<string, unknown>> {
    const texts = await this.server.as((client) => client.hgetall(key))
    return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, JSON.parse(text)]))
  }

  /** SDKs in daemon mode, which believe what they read for so many seconds: ours, and LaunchDarkly's. */
  async readers({ sdkKey, prefix }: Place, cacheTTL: number): Promise<[ours: Sdk, theirs: Sdk]> {
    const store = redisStore({ url: this.server.url, prefix, cacheTTL })
    return [
      ours(sdkKey, { dataSystem: presets.daemon(store) }),
      await theirs(sdkKey, { featureStore: theirStore(this.server.port, prefix, cacheTTL), useLdd: true }),
    ]
  }
}
