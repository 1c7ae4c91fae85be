import type {
  ConsulConfig,
  DynamodbConfig,
  EnvironmentConfig,
  OfflineConfig,
  ReadyPolicy,
  RedisConfig,
  RelayConfig,
} from './relay-config.ts'

/** What a program may say of a relay. Any {@link RelayConfig} is one of these, and is read as itself. */
export interface RelayOptions
  extends Partial<Omit<RelayConfig, 'store' | 'offline' | 'ready' | 'environments'>> {
  readonly ready?: Partial<ReadyPolicy>
  readonly store?: RedisOptions | DynamodbOptions | ConsulOptions
  readonly offline?: OfflineOptions
  /** None beside `offline`. */
  readonly environments?: readonly Omit<EnvironmentConfig, 'moreKeys'>[]
}

export interface OfflineOptions extends Partial<OfflineConfig> {
  readonly archive: string
}

/** Where Redis is: a `url`, or `host` and `port`. Default `redis://localhost:6379`. */
export interface RedisOptions extends Partial<Omit<RedisConfig, 'type'>> {
  readonly type: 'redis'
  readonly host?: string
  readonly port?: number
  /** Makes `rediss:` of `redis:`. */
  readonly tls?: boolean
}

export interface DynamodbOptions extends Partial<Omit<DynamodbConfig, 'type'>> {
  readonly type: 'dynamodb'
  /** Of all environments that do not have their own. */
  readonly tableName?: string
}

/** Default `http://localhost:8500`. */
export interface ConsulOptions extends Partial<Omit<ConsulConfig, 'type'>> {
  readonly type: 'consul'
}
