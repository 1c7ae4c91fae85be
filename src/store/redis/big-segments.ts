import type { BigSegmentDatabase } from '../../model/big-segment-patch.ts'
import {
  type BigSegmentMembership,
  type BigSegmentMetadata,
  type BigSegmentStore,
  type BigSegmentStoreDescription,
  membershipOf,
} from '../../model/big-segment-store.ts'
import type { StoreContext, StoreUse } from '../../model/persistent-store.ts'
import { loadEarly } from '../../options/load-peer.ts'
import { useWarnings } from '../../options/schemas.ts'
import { openRedisBigSegmentWriter } from './big-segment-writer.ts'
import { RedisConnection, type Route } from './connection.ts'
import { checkRedisOptions, type RedisStoreOptions } from './options.ts'
import { loadIoredis, routeTo } from './route.ts'

/** Options of {@link redisBigSegmentStore}: those of {@link redisStore} that locate the server, and the prefix. */
export type RedisBigSegmentStoreOptions = Omit<RedisStoreOptions, keyof StoreUse>

/** A description of a store of big segments in Redis, for the option `bigSegments`. */
export interface RedisBigSegmentStoreDescription extends BigSegmentStoreDescription {
  readonly type: 'redis'
  /** Location of the server, without credentials. */
  readonly name: string
}

/**
 * Returns a store of big segments in Redis, in the layout that LaunchDarkly's Relay Proxy writes. Needs the package `ioredis`,
 * version 6, unless `client` is given. The store connects on first use and writes nothing.
 *
 * @throws {@link ConfigError} with every error of the options.
 * @example
 * ```ts
 * const client = createClient(sdkKey, { bigSegments: { store: redisBigSegmentStore({ url, prefix: 'ld:production' }) } })
 * ```
 */
export function redisBigSegmentStore(
  options: RedisBigSegmentStoreOptions = {},
): RedisBigSegmentStoreDescription {
  const root = 'redisBigSegmentStore'
  const { prefix, warnings } = checkRedisOptions(options, root)
  const route = routeTo(options)
  return {
    type: 'redis',
    name: route.name,
    prefix,
    // The closure holds the credentials, so that printing the description does not show them.
    openBigSegments(context) {
      if (!route.borrowed) loadEarly(loadIoredis, context.logger)
      for (const warning of [...warnings, ...useWarnings(root, options)]) context.logger.warn(warning)
      return openRedisBigSegments(route, prefix, context)
    },
  }
}

/** Opens the members that a relay writes and reads, on two connections. */
export function openRedisBigSegmentDatabase(
  options: RedisStoreOptions,
  context: StoreContext,
): BigSegmentDatabase {
  const { prefix } = checkRedisOptions(options)
  const route = routeTo(options)
  return {
    reader: openRedisBigSegments(route, prefix, context),
    writer: openRedisBigSegmentWriter(route, prefix, context),
  }
}

/** Opens the store. Calls share one connection. */
function openRedisBigSegments(route: Route, prefix: string, context: StoreContext): BigSegmentStore {
  const connection = new RedisConnection(route, context)
  return {
    name: route.name,
    metadata: (signal) =>
      connection.withClient(
        'read the time of big segments',
        signal,
        async (client): Promise<BigSegmentMetadata> => {
          const text = await client.get(`${prefix}:big_segments_synchronized_on`)
          // As in the official SDK, a value that is not a number counts as no time.
          const synchronizedOn = Number.parseInt(text ?? '', 10)
          return { synchronizedOn: Number.isFinite(synchronizedOn) ? synchronizedOn : undefined }
        },
      ),
    membership: (hash, signal) =>
      connection.withClient('read big segments', signal, async (client): Promise<BigSegmentMembership> => {
        const [included, excluded] = await Promise.all([
          client.smembers(`${prefix}:big_segment_include:${hash}`),
          client.smembers(`${prefix}:big_segment_exclude:${hash}`),
        ])
        return membershipOf(included, excluded)
      }),
    close: () => {
      connection.close()
      return Promise.resolve()
    },
  }
}
