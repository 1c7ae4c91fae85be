import type { Cluster, Redis, RedisOptions } from 'ioredis'
import type { StoreUse } from '../../model/persistent-store.ts'
import type { TlsOptions } from '../../transport/tls.ts'

export interface RedisNode {
  readonly host: string
  readonly port: number
}

/**
 * Where Redis is, in one way: `url`, `host` and `port`, `path`, `client`, `sentinels` and `name`, `cluster`, or
 * `redisOpts`. Without any: `redis://localhost:6379`.
 */
export interface RedisStoreOptions extends StoreUse {
  /** `redis://user:password@host:6379/0`; `rediss:` for TLS. Percent-encode what is special in a password. */
  readonly url?: string
  /** Without it, and with a `port`: `localhost`. */
  readonly host?: string
  /** Default 6379. */
  readonly port?: number
  /** A Unix socket. */
  readonly path?: string
  /**
   * A client of ioredis that exists already. It stays open, and its own options decide when it reconnects. If it uses a
   * database other than 0, the store opens connections of its own with the client's options.
   */
  readonly client?: Redis | Cluster
  /** Sentinels that know where the master `name` is. */
  readonly sentinels?: readonly RedisNode[]
  readonly name?: string
  readonly sentinelUsername?: string
  readonly sentinelPassword?: string
  /** Some nodes of a cluster; they name the others. */
  readonly cluster?: readonly RedisNode[]
  /** Options of ioredis, as LaunchDarkly's Node.js SDK takes them. Those that say when to try again count for nothing. */
  readonly redisOpts?: RedisOptions
  readonly username?: string
  readonly password?: string
  /** Default 0. */
  readonly db?: number
  /** How to know the server, and how to be known by it; given at all, or with `rediss:`, connections are encrypted. */
  readonly tls?: TlsOptions
  /**
   * What all keys begin with; another environment needs another one. Default `launchdarkly`; with a cluster
   * `{launchdarkly}`, where a hash tag is needed.
   */
  readonly prefix?: string
  /** Another name of `cacheTtlMs`, in seconds, as LaunchDarkly's Node.js SDK has it. */
  readonly cacheTTL?: number
}
