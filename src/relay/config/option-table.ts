import {
  CONSUL,
  type ConsulValues,
  DYNAMODB,
  type DynamodbValues,
  REDIS,
  type RedisValues,
} from './database-options.ts'
import * as forms from './forms.ts'
import {
  CONCURRENCY,
  type ConcurrencyValues,
  MAIN,
  type MainValues,
  PROXY,
  type ProxyValues,
} from './main-options.ts'
import { OFFLINE, type OfflineValues } from './offline-options.ts'
import { OPEN_TELEMETRY, type OpenTelemetryValues } from './operation-options.ts'
import type { Option, Options } from './option.ts'
import type { LogLevel } from './relay-config.ts'

export interface EnvironmentValues {
  readonly sdkKey: string
  readonly prefix: string
  readonly tableName: string
  readonly ttl: number
  readonly logLevel: LogLevel
  readonly envId: string
  readonly projKey: string
}

const ENVIRONMENT: Options<EnvironmentValues> = {
  sdkKey: { form: forms.sdkKey, variable: 'LD_ENV_', path: 'sdkKey' },
  prefix: { form: forms.text, variable: 'LD_PREFIX_', path: 'prefix' },
  tableName: { form: forms.table, variable: 'LD_TABLE_NAME_', path: 'tableName' },
  ttl: { form: forms.duration, variable: 'LD_TTL_', path: 'ttlMs' },
  logLevel: { form: forms.logLevel, variable: 'LD_LOG_LEVEL_', path: 'logLevel' },
  envId: { form: forms.text, variable: 'LD_CLIENT_SIDE_ID_', path: 'envId' },
  projKey: { form: forms.text, variable: 'LD_PROJ_KEY_', path: 'projKey' },
}

export interface OptionTable {
  readonly main: Options<MainValues>
  readonly redis: Options<RedisValues>
  readonly dynamodb: Options<DynamodbValues>
  readonly consul: Options<ConsulValues>
  readonly proxy: Options<ProxyValues>
  readonly concurrency: Options<ConcurrencyValues>
  readonly openTelemetry: Options<OpenTelemetryValues>
  readonly offline: Options<OfflineValues>
  readonly environment: Options<EnvironmentValues>
}

export type SectionName = keyof OptionTable
/** All but the one there may be many of. */
export type SharedSection = Exclude<SectionName, 'environment'>
export type Database = 'redis' | 'dynamodb' | 'consul'

/** Everything that can be said, by section. */
export const OPTION_TABLE: OptionTable = {
  main: MAIN,
  redis: REDIS,
  dynamodb: DYNAMODB,
  consul: CONSUL,
  proxy: PROXY,
  concurrency: CONCURRENCY,
  openTelemetry: OPEN_TELEMETRY,
  offline: OFFLINE,
  environment: ENVIRONMENT,
}

export const DATABASES: readonly Database[] = ['redis', 'dynamodb', 'consul']

/** The shared sections that count whatever the database. */
export const GENERAL: readonly Exclude<SharedSection, Database>[] = [
  'main',
  'proxy',
  'concurrency',
  'openTelemetry',
  'offline',
]

/** As they are written in a file. */
export const TITLES: Readonly<Record<SectionName, string>> = {
  main: 'Main',
  redis: 'Redis',
  dynamodb: 'DynamoDB',
  consul: 'Consul',
  proxy: 'Proxy',
  concurrency: 'Concurrency',
  openTelemetry: 'OpenTelemetry',
  offline: 'OfflineMode',
  environment: 'Environment',
}

/** The options of a section under the names they have in a file. */
export function optionsOf(
  section: SectionName,
): readonly (readonly [key: string, option: Option<unknown>])[] {
  return Object.entries(OPTION_TABLE[section])
}
