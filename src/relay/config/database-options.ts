import type { RedisNode } from '../../store/redis/options.ts'
import * as forms from './forms.ts'
import type { Option, Options } from './option.ts'
import { type RedisPort, redisDatabase, redisNodes, redisPort, redisUrl } from './redis-forms.ts'

const { boolean, credential, host, secret, text } = forms

const localTtl: Option<number> = { form: forms.timeToLive, variable: 'CACHE_TTL', path: 'store.localTtlMs' }

/** How long what was read from a database is believed where no option says otherwise, milliseconds. */
export const DEFAULT_LOCAL_TTL_MS = 30_000

export interface RedisValues {
  readonly enabled: boolean
  readonly host: string
  readonly port: RedisPort
  readonly url: string
  readonly clusterNodes: readonly RedisNode[]
  readonly sentinels: readonly RedisNode[]
  readonly sentinelMaster: string
  readonly sentinelUsername: string
  readonly sentinelPassword: string
  readonly database: number
  readonly tls: boolean
  readonly username: string
  readonly password: string
  readonly caFile: string
  readonly clientCertificateFile: string
  readonly clientKeyFile: string
  readonly localTtl: number
}

export const REDIS: Options<RedisValues> = {
  enabled: { form: boolean, variable: 'USE_REDIS' },
  host: { form: host, variable: 'REDIS_HOST', path: 'store.host' },
  port: { form: redisPort, variable: 'REDIS_PORT', path: 'store.port' },
  url: { form: redisUrl, variable: 'REDIS_URL', path: 'store.url' },
  clusterNodes: {
    form: redisNodes(6_379),
    variable: 'REDIS_CLUSTER_NODES',
    path: 'store.clusterNodes',
    isList: true,
  },
  sentinels: {
    form: redisNodes(26_379),
    variable: 'REDIS_SENTINELS',
    path: 'store.sentinels',
    isList: true,
  },
  sentinelMaster: { form: text, variable: 'REDIS_SENTINEL_MASTER', path: 'store.sentinelMaster' },
  sentinelUsername: { form: secret, variable: 'REDIS_SENTINEL_USERNAME', path: 'store.sentinelUsername' },
  sentinelPassword: { form: secret, variable: 'REDIS_SENTINEL_PASSWORD', path: 'store.sentinelPassword' },
  database: { form: redisDatabase, variable: 'REDIS_DATABASE', path: 'store.database' },
  tls: { form: boolean, variable: 'REDIS_TLS', path: 'store.tls' },
  username: { form: secret, variable: 'REDIS_USERNAME', path: 'store.username' },
  password: { form: secret, variable: 'REDIS_PASSWORD', path: 'store.password' },
  caFile: { form: text, variable: 'REDIS_CA_FILE', path: 'store.caFile' },
  clientCertificateFile: { form: text, variable: 'REDIS_CLIENT_CERT_FILE', path: 'store.certFile' },
  clientKeyFile: { form: text, variable: 'REDIS_CLIENT_KEY_FILE', path: 'store.keyFile' },
  localTtl,
}

export interface DynamodbValues {
  readonly enabled: boolean
  readonly tableName: string
  readonly url: string
  readonly localTtl: number
}

export const DYNAMODB: Options<DynamodbValues> = {
  enabled: { form: boolean, variable: 'USE_DYNAMODB' },
  tableName: { form: forms.table, variable: 'DYNAMODB_TABLE', path: 'store.tableName' },
  url: { form: forms.httpUrl, variable: 'DYNAMODB_URL', path: 'store.url' },
  localTtl,
}

export interface ConsulValues {
  readonly enabled: boolean
  readonly host: string
  readonly token: string
  readonly tokenFile: string
  readonly localTtl: number
}

export const CONSUL: Options<ConsulValues> = {
  enabled: { form: boolean, variable: 'USE_CONSUL' },
  host: { form: forms.consulAddress, variable: 'CONSUL_HOST', path: 'store.url' },
  token: { form: credential, variable: 'CONSUL_TOKEN', path: 'store.token' },
  tokenFile: { form: text, variable: 'CONSUL_TOKEN_FILE', path: 'store.tokenFile' },
  localTtl,
}
