import type { StoreDescription } from '../../model/persistent-store.ts'
import { loadEarly } from '../../options/load-peer.ts'
import { loadIoredis } from './load-ioredis.ts'
import { openRedis } from './open-redis.ts'
import { readOptions } from './read-options.ts'
import type { RedisStoreOptions } from './redis-store-options.ts'
import { routeTo } from './route.ts'

export interface RedisStoreDescription extends StoreDescription {
  readonly type: 'redis'
  /** Where it is; never a credential. */
  readonly name: string
}

/**
 * Flag data in Redis, in the layout LaunchDarkly's SDKs and Relay Proxy share. Needs the package `ioredis`, version 6,
 * unless a client is handed in; loads it with the first call, which fails with a {@link StoreError} if it is missing.
 * Connects to nothing before it is used. Throws a {@link ConfigError} that lists everything that is wrong.
 */
export function redisStore(options: RedisStoreOptions = {}): RedisStoreDescription {
  const { prefix, use, warnings } = readOptions(options)
  const route = routeTo(options)
  return {
    type: 'redis',
    name: route.name,
    prefix,
    ...use,
    // A closure keeps the credentials: what is printed or compared has none.
    open(context) {
      if (!route.borrowed) loadEarly(loadIoredis, context.logger)
      for (const warning of warnings) context.logger.warn(warning)
      return openRedis(route, prefix, context)
    },
  }
}
