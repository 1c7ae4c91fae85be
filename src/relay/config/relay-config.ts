import type { SecureVersion } from 'node:tls'
import type { AdmissionLimits } from '../../server/admission.ts'
import type { HistoryLimits } from '../../server/history.ts'
import type { RedisNode } from '../../store/redis/options.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'none'

/** `text`: lines for people. `json`: one object each, in the shape of pino's. */
export type LogFormat = 'text' | 'json'

/** A relay with nothing left to ask: every default is filled in. No URL in it holds a credential, so all may be logged. */
export interface RelayConfig {
  /** 0 takes a free one. Default 8030. */
  readonly port: number
  /** The address to listen on. Default: all of them. */
  readonly host?: string
  /** Default `info`. */
  readonly logLevel: LogLevel
  /** Between two signs of life on a silent stream. Default 180,000. */
  readonly heartbeatMs: number
  /** How long a start waits for data. Default 10,000. */
  readonly initTimeoutMs: number
  /** Whether to go on when that time is over. Default false. */
  readonly ignoreConnectionErrors: boolean
  /** How long a stream may last; 0: without a limit. Default 43,200,000. */
  readonly maxClientConnectionMs: number
  /** How long a client may take nothing of what it was sent before it is cut. Default 30,000. */
  readonly stallMs: number
  /**
   * How long a relay that is told to stop goes on serving while `/readyz` answers 503, so that load balancers notice. Default: 0;
   * for the command 5,000 on SIGTERM in Kubernetes.
   */
  readonly shutdownDelayMs?: number
  /** How long answers under way may take after that. Default 10,000. */
  readonly gracefulShutdownMs: number
  /** How many whole payloads go out at the same time, and how many more clients wait for theirs. */
  readonly admission: AdmissionLimits
  /** How far back clients may resume. */
  readonly history: HistoryLimits
  /** How long a source may be interrupted before it is called disconnected. Default 60,000. */
  readonly disconnectedStatusMs: number
  /** Whether the service is asked in FDv2; false: in FDv1. Default true. */
  readonly dataSavingMode?: boolean
  /** LaunchDarkly's, where they are not given. */
  readonly endpoints: { readonly polling?: string; readonly streaming?: string }
  /** Present: serve https. */
  readonly tls?: ServingTls
  /** Present: reach LaunchDarkly through it. */
  readonly proxy?: ProxyConfig
  /** Paths of authorities in PEM that are trusted beside those Node knows, on the way to LaunchDarkly. Default: none. */
  readonly caFiles: readonly string[]
  /** Present: keep every environment in this database. */
  readonly store?: StoreConfig
  /**
   * Without a database: the folder of a snapshot on disk for each environment, so that a restart costs a delta. It must exist.
   * Default: none.
   */
  readonly snapshotDirectory?: string
  /** How a relay without a logger of the program writes. Default `text`. */
  readonly logFormat: LogFormat
  /** When `/readyz` says yes. */
  readonly ready: ReadyPolicy
  /** Whether metrics go to the MeterProvider that was registered with OpenTelemetry. Default false. */
  readonly openTelemetry: boolean
  /** Present: environments and their flags are those of an archive, and nothing connects to LaunchDarkly. */
  readonly offline?: OfflineConfig
  /** At least one; names, SDK keys and places in the database all differ. None where they come with an archive. */
  readonly environments: readonly EnvironmentConfig[]
}

/**
 * What an environment must have: `data` something to serve, `upstream` a connection that is not broken for longer than
 * `disconnectedStatusMs`, `store` a database that answers and misses nothing.
 */
export type ReadyRequirement = 'data' | 'upstream' | 'store'

/** What is asked of every environment before a relay calls itself ready. */
export interface ReadyPolicy {
  /** Default `['data']`. */
  readonly requires: readonly ReadyRequirement[]
  /** How old data may be. Default: as old as it likes. */
  readonly maxAgeMs?: number
}

/** Paths of files in PEM. */
export interface ServingTls {
  readonly certFile: string
  readonly keyFile: string
  readonly minVersion?: SecureVersion
}

export interface ProxyConfig {
  readonly url: string
  readonly username?: string
  readonly password?: string
}

export interface OfflineConfig {
  /** Path of the archive. */
  readonly archive: string
  /** How often to look whether it is another one. Default 1,000, at least 100. */
  readonly intervalMs: number
  /** What the names of an environment's rows begin with, `$CID` being its id. One of these two with a database. */
  readonly prefix?: string
  /** Its table in DynamoDB, in the same way. */
  readonly tableName?: string
}

export type StoreConfig = RedisConfig | DynamodbConfig | ConsulConfig

interface Cached {
  /** How long what was read is believed; `Infinity`: for good, 0: not at all. Default 30,000. */
  readonly localTtlMs: number
}

export interface RedisConfig extends Cached {
  readonly type: 'redis'
  /** `redis://host:port[/db]`, or `rediss:` for TLS. Absent with nodes of a cluster, or with Sentinels. */
  readonly url?: string
  /** Some nodes of a Redis Cluster. */
  readonly clusterNodes?: readonly RedisNode[]
  /** Sentinels, and the name of the master they know. They come together. */
  readonly sentinels?: readonly RedisNode[]
  readonly sentinelMaster?: string
  /** The login of the Sentinels themselves. */
  readonly sentinelUsername?: string
  readonly sentinelPassword?: string
  /** The number of the database behind Sentinels. Default 0. */
  readonly database?: number
  /** Whether nodes are reached over TLS, where no URL says so. */
  readonly tls?: boolean
  readonly username?: string
  readonly password?: string
  /** Paths of files in PEM; the last two come together. Only with TLS. */
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
}

export interface DynamodbConfig extends Cached {
  readonly type: 'dynamodb'
  /** Of a DynamoDB that is not Amazon's. */
  readonly url?: string
}

export interface ConsulConfig extends Cached {
  readonly type: 'consul'
  /** `http[s]://host:port`. */
  readonly url: string
  /** One of these two at most. */
  readonly token?: string
  readonly tokenFile?: string
}

export interface EnvironmentConfig {
  readonly name: string
  readonly sdkKey: string
  /** What all names of its rows begin with. Present where there is a store, except in a table of its own. */
  readonly prefix?: string
  /** Its own or the common one. Present with DynamoDB, and only there. */
  readonly tableName?: string
  /** How long caches of HTTP may keep an answer to a poll. */
  readonly ttlMs?: number
  /** Default: that of the relay. */
  readonly logLevel?: LogLevel
  /** What LaunchDarkly calls the client-side id. */
  readonly envId?: string
  readonly projKey?: string
  /** Other keys SDKs may show. Only archives have them. */
  readonly moreKeys?: readonly FurtherKey[]
}

/** An SDK key that is good beside the one an environment is known by. */
export interface FurtherKey {
  readonly value: string
  /** When it stops being good, milliseconds since the Unix epoch. Absent: never. */
  readonly until?: number
}
