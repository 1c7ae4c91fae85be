import { DEFAULT_PREFIX } from '../../layout/namespaces.ts'
import type { StoreDescription } from '../../model/store-description.ts'
import { openRedis } from './open-redis.ts'
import { checkOptions } from './read-options.ts'
import type { RedisStoreOptions } from './redis-store-options.ts'
import { ioredis, routeTo } from './route.ts'

export interface RedisStoreDescription extends StoreDescription {
  readonly type: 'redis'
  /** Where it is; never a credential. */
  readonly name: string
}

/**
 * Flag data in Redis, in the layout LaunchDarkly's SDKs and Relay Proxy share. Needs the package `ioredis`, version 6.
 * Connects to nothing before it is used. Throws a {@link ConfigError} that lists everything that is wrong.
 */
export function redisStore(options: RedisStoreOptions = {}): RedisStoreDescription {
  const warnings = checkOptions(options)
  const { staleOnErrorMs, reads, writers, cluster, client } = options
  const prefix = options.prefix ?? (cluster || client?.isCluster ? `{${DEFAULT_PREFIX}}` : DEFAULT_PREFIX)
  const route = routeTo(options)
  return {
    type: 'redis',
    name: route.name,
    prefix,
    cacheTtlMs: options.cacheTtlMs ?? (options.cacheTTL ?? 30) * 1_000,
    ...(staleOnErrorMs !== undefined && { staleOnErrorMs }),
    ...(reads && { reads }),
    ...(writers && { writers }),
    // A closure keeps the credentials: what is printed or compared has none.
    open(context) {
      if (!client) ioredis()
      for (const warning of warnings) context.logger.warn(warning)
      return openRedis(route, prefix, context)
    },
  }
}
