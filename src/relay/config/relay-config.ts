import type { ConsulOptions, DynamodbOptions, RedisOptions } from './databases/option-types.ts'
import type { EnvironmentOptions, GeneralConfig, OfflineConfig, ReadyPolicy } from './option-types.ts'

/** The checked configuration of a relay, with defaults. No URL in it contains a credential, so that all may be logged. */
export interface RelayConfig extends GeneralConfig {
  /** Present: every environment is kept in this database. */
  readonly store?: StoreConfig
  /** At least one, with distinct names, SDK keys and places in the database. Empty if an archive contains them. */
  readonly environments: readonly EnvironmentConfig[]
}

export interface EnvironmentConfig extends EnvironmentOptions {
  readonly name: string
  /** Further SDK keys that clients may use. Only archives have them. */
  readonly moreKeys?: readonly FurtherKey[]
}

/** An SDK key that is valid in addition to the one of the environment. */
export interface FurtherKey {
  readonly value: string
  /** Time at which the key expires, in milliseconds since the Unix epoch. Default: never. */
  readonly until?: number
}

export type StoreConfig = RedisConfig | DynamodbConfig | ConsulConfig
export type DatabaseType = StoreConfig['type']

interface Cached {
  /** Time for which the relay caches a row, in milliseconds; 0 for no cache, `Infinity` for no expiry. Default 30,000. */
  readonly localTtlMs: number
}

/** A single server by its `url`, a cluster by `clusterNodes`, or a master behind `sentinels`. */
export interface RedisConfig extends Omit<RedisOptions, 'host' | 'port' | 'localTtlMs'>, Cached {}
interface DynamodbConfig extends Omit<DynamodbOptions, 'tableName' | 'localTtlMs'>, Cached {}
export interface ConsulConfig extends Omit<ConsulOptions, 'url' | 'localTtlMs'>, Cached {
  /** URL of the agent: `http[s]://host:port`. */
  readonly url: string
}

/** The options of {@link startRelay}. Every {@link RelayConfig} is one of these, and is read unchanged. */
export interface RelayOptions extends Partial<Omit<GeneralConfig, 'offline' | 'ready'>> {
  readonly ready?: Partial<ReadyPolicy>
  /** The database in which every environment is kept. Default: none. */
  readonly store?: RedisOptions | DynamodbOptions | ConsulOptions
  /** Serves an archive instead of LaunchDarkly's data. Then `environments` must be absent or empty. */
  readonly offline?: OfflineOptions
  readonly environments?: readonly Omit<EnvironmentConfig, 'moreKeys'>[]
}

export interface OfflineOptions extends Partial<OfflineConfig> {
  readonly archive: string
}
