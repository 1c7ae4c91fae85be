/**
 * Flag data in Redis, Redis Cluster or behind Sentinels: {@link redisStore} for flags, {@link redisBigSegmentStore} for the members of big
 * segments. Needs the package `ioredis`, version 6.
 *
 * @packageDocumentation
 */

import type { Logger } from '../../model/logger.ts'
import type {
  Lease,
  OpenedStore,
  StoreContext,
  StoreDescription,
  StoreWrite,
  WriteReport,
} from '../../model/persistent-store.ts'
import { loadEarly } from '../../options/load-peer.ts'
import { RedisConnection, type Route } from './connection.ts'
import { RedisFeed } from './feed.ts'
import { type RedisKeys, redisKeys } from './keys.ts'
import { checkRedisOptions, type RedisStoreOptions } from './options.ts'
import { RedisReads } from './reads.ts'
import { loadIoredis, routeTo } from './route.ts'
import { scriptedWrites } from './scripted-writes.ts'
import { watchedWrites } from './watched-writes.ts'
import { StrategySelector, type WriteStrategy } from './write-strategy.ts'

/** A description of a store in Redis, for the option `store`. */
export interface RedisStoreDescription extends StoreDescription {
  readonly type: 'redis'
  /** Location of the server, without credentials. */
  readonly name: string
}

/**
 * Returns a store in Redis, in the layout that LaunchDarkly's SDKs and Relay Proxy share. Needs the package
 * `ioredis`, version 6, unless `client` is given; if it is missing, the status of the store says so. The store connects
 * on first use.
 *
 * @throws {@link ConfigError} with every error of the options.
 * @example
 * ```ts
 * const store = redisStore({ url: 'redis://localhost:6379', prefix: 'ld:production' })
 * const client = createClient(sdkKey, { dataSystem: presets.persistentStore(store) })
 * ```
 */
export function redisStore(options: RedisStoreOptions = {}): RedisStoreDescription {
  const { prefix, use, warnings } = checkRedisOptions(options)
  const route = routeTo(options)
  return {
    type: 'redis',
    name: route.name,
    prefix,
    ...use,
    // The closure holds the credentials, so that printing the description does not show them.
    open(context) {
      if (!route.borrowed) loadEarly(loadIoredis, context.logger)
      for (const warning of warnings) context.logger.warn(warning)
      return openRedis(route, prefix, context)
    },
  }
}

export { ConfigError, type ConfigIssue, HalyardError } from '../../model/errors.ts'
export {
  type RedisBigSegmentStoreDescription,
  type RedisBigSegmentStoreOptions,
  redisBigSegmentStore,
} from './big-segments.ts'
export type { RedisNode, RedisStoreOptions } from './options.ts'

/** Opens the store. Calls share one connection; each subscription of the feed has its own. */
function openRedis(route: Route, prefix: string, context: StoreContext): OpenedStore {
  const { clock, random, logger } = context
  const connection = new RedisConnection(route, context)
  const keys = redisKeys(prefix)
  const reads = new RedisReads(connection, keys)
  const writes = new RedisWriter(connection, keys, logger)
  return {
    store: {
      name: route.name,
      writeDelayMs: 0,
      initialized: (signal) => reads.initialized(signal),
      get: (kind, key, signal) => reads.get(kind, key, signal),
      summary: (signal) => reads.summary(signal),
      readAll: (signal) => reads.readAll(signal),
      write: (write, signal) => writes.write(write, signal),
      close: () => {
        connection.close()
        return Promise.resolve()
      },
    },
    feed: new RedisFeed({ connection, channel: keys.channel, clock, random }),
    lease: writes,
  }
}

class RedisWriter implements Lease {
  readonly #selector: StrategySelector<WriteStrategy>
  readonly #name: string
  readonly #logger: Logger
  #hasWarned = false

  constructor(connection: RedisConnection, keys: RedisKeys, logger: Logger) {
    const strategies = {
      scripted: scriptedWrites(connection, keys),
      watched: watchedWrites(connection, keys),
    }
    this.#selector = new StrategySelector(strategies, logger)
    this.#name = connection.name
    this.#logger = logger
  }

  async write(write: StoreWrite, signal: AbortSignal): Promise<WriteReport> {
    const { report, notification } = await this.#selector.run((strategy) =>
      write.type === 'full' ? strategy.full(write, signal) : strategy.delta(write, signal),
    )
    if (notification === 'not permitted' && !this.#hasWarned) {
      this.#hasWarned = true
      this.#logger.warn(
        `${this.#name}: PUBLISH is not permitted for this Redis user; readers will see changes only after their cache TTL`,
      )
    }
    return report
  }

  acquire(holder: string, ttlMs: number, signal: AbortSignal): Promise<number | undefined> {
    return this.#selector.run((strategy) => strategy.acquire(holder, ttlMs, signal))
  }

  release(holder: string, signal: AbortSignal): Promise<void> {
    return this.#selector.run((strategy) => strategy.release(holder, signal))
  }
}
