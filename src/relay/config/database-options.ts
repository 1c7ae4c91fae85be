import * as forms from './forms.ts'
import type { Option, Options } from './option.ts'

const { boolean, credential, host, text } = forms

const localTtl: Option<number> = { form: forms.timeToLive, variable: 'CACHE_TTL', path: 'store.localTtlMs' }

export interface RedisValues {
  readonly enabled: boolean
  readonly host: string
  readonly port: forms.RedisPort
  readonly url: string
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
  port: { form: forms.redisPort, variable: 'REDIS_PORT', path: 'store.port' },
  url: { form: forms.redisUrl, variable: 'REDIS_URL', path: 'store.url' },
  tls: { form: boolean, variable: 'REDIS_TLS', path: 'store.tls' },
  username: { form: text, variable: 'REDIS_USERNAME', path: 'store.username' },
  password: { form: text, variable: 'REDIS_PASSWORD', path: 'store.password' },
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
