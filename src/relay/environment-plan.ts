import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../async/clock.ts'
import type { ConnectionOptions, DataSystemConfig } from '../config/config.ts'
import { systemRandom } from '../config/injected.ts'
import { presets } from '../config/presets.ts'
import { fingerprint } from '../layout/sidecar.ts'
import { reasonOf } from '../model/error-text.ts'
import type { Logger } from '../model/logger.ts'
import type { Journal, StoreContext, StoreDescription, StoreUse } from '../model/persistent-store.ts'
import { consulStore } from '../store/consul/consul-store.ts'
import { dynamodbStore } from '../store/dynamodb/dynamodb-store.ts'
import { fileStore } from '../store/file/file-store.ts'
import { redisJournal } from '../store/redis/journal.ts'
import type { RedisStoreOptions } from '../store/redis/options.ts'
import { redisStore } from '../store/redis/redis-store.ts'
import type { Synchronizer } from '../synchronizers/synchronizer.ts'
import { compact } from './config/compact.ts'
import type { EnvironmentConfig, RedisConfig, RelayConfig, StoreConfig } from './config/relay-config.ts'

/** Where one environment is kept: its place in the relay's database, or a snapshot on disk. */
export function storeOf(
  { store, snapshotDirectory }: Pick<RelayConfig, 'store' | 'snapshotDirectory'>,
  environment: EnvironmentConfig,
): StoreDescription | undefined {
  if (store) return placeIn(store, environment)
  return snapshotDirectory === undefined
    ? undefined
    : fileStore(join(snapshotDirectory, `${fileNameOf(environment)}.snapshot`))
}

/** Where the relays of one database share what they remember of an environment: in Redis, and nowhere else. */
function journalOf(
  { store }: Pick<RelayConfig, 'store'>,
  environment: EnvironmentConfig,
  context: StoreContext,
): Journal | undefined {
  return store?.type === 'redis' ? redisJournal(redisOptions(store, environment), context) : undefined
}

/** Tells environments apart however they are called, and tells people which it is. */
function fileNameOf({ name, sdkKey }: EnvironmentConfig): string {
  return `${name.replaceAll(/[^A-Za-z0-9]+/g, '-').slice(0, 60)}-${fingerprint(sdkKey)}`
}

function placeIn(store: StoreConfig, environment: EnvironmentConfig): StoreDescription {
  const use = storeUse(store, environment)
  switch (store.type) {
    case 'redis':
      return redisStore(redisOptions(store, environment))
    case 'dynamodb':
      return dynamodbStore({
        ...use,
        tableName: environment.tableName ?? '',
        ...(store.url && { clientOptions: { endpoint: store.url } }),
      })
    case 'consul': {
      const token = store.token ?? (store.tokenFile && readFileSync(store.tokenFile, 'utf8').trim())
      return consulStore({ ...use, url: store.url, ...(token && { token }) })
    }
    default:
      return store satisfies never
  }
}

function storeUse(
  { localTtlMs }: StoreConfig,
  { prefix }: EnvironmentConfig,
): StoreUse & { prefix?: string } {
  return { cacheTtlMs: localTtlMs, ...(prefix !== undefined && { prefix }) }
}

function redisOptions(store: RedisConfig, environment: EnvironmentConfig): RedisStoreOptions {
  const { url, clusterNodes: cluster, sentinels, sentinelMaster: name, sentinelUsername } = store
  const { sentinelPassword, database: db, username, password, caFile, certFile, keyFile } = store
  const tls = { ...read('ca', caFile), ...read('cert', certFile), ...read('key', keyFile) }
  return {
    ...storeUse(store, environment),
    ...compact({ url, cluster, sentinels, name, sentinelUsername, sentinelPassword, db, username, password }),
    ...((store.tls || Object.keys(tls).length > 0) && { tls }),
  }
}

function read<N extends string>(name: N, path: string | undefined): { readonly [K in N]?: string } {
  return (path === undefined ? {} : { [name]: readFileSync(path, 'utf8') }) as { readonly [K in N]?: string }
}

/** How LaunchDarkly is reached. Throws what a file of authorities was read with. */
export function networkOf({ proxy, caFiles, dataSavingMode }: RelayConfig): ConnectionOptions {
  return {
    ...(dataSavingMode !== undefined && { dataSavingMode }),
    ...(proxy && { proxy: withCredentials(proxy) }),
    ...(caFiles.length > 0 && { tls: { ca: caFiles.map((path) => readFileSync(path, 'utf8')) } }),
  }
}

function withCredentials({ url, username, password }: NonNullable<RelayConfig['proxy']>): string {
  const address = new URL(url)
  if (username !== undefined) address.username = encodeURIComponent(username)
  if (password !== undefined) address.password = encodeURIComponent(password)
  return address.href
}

/** What stands in for the service: a source of its own for an environment, or none. */
export type SourceOf = (environment: EnvironmentConfig) => Synchronizer | undefined

/** Where the flags of an environment come from, and where they are kept. */
function planOf(
  relay: RelayConfig,
  environment: EnvironmentConfig,
  sourceOf: SourceOf | undefined,
): DataSystemConfig {
  const source = sourceOf?.(environment)
  const plan = source
    ? presets.custom({ initializers: [], synchronizers: [source], fdv1Fallback: null })
    : presets.default()
  const store = storeOf(relay, environment)
  return store ? { ...plan, store } : plan
}

/** All an environment is made of that can fail to be there: files were read, packages found. Nothing was connected. */
export interface PreparedEnvironment {
  readonly config: EnvironmentConfig
  /** How the service is reached. */
  readonly options: ConnectionOptions
  /** Where its flags come from, and where they are kept. */
  readonly plan: DataSystemConfig
  readonly journal: (context: StoreContext) => Journal | undefined
}

export interface PrepareOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly common: ConnectionOptions
  readonly sourceOf?: SourceOf | undefined
}

/** Throws the first reason why an environment cannot be made: a file that is missing, a package that is not installed. */
export function prepareEnvironments(
  environments: readonly EnvironmentConfig[],
  relay: RelayConfig,
  { clock, logger, common, sourceOf }: PrepareOptions,
): readonly PreparedEnvironment[] {
  const { random = systemRandom } = common
  const network = networkOf(relay)
  return environments.map((config) => {
    const plan = planOf(relay, config, sourceOf)
    // Whether a package is missing shows when a store is opened, which connects to nothing.
    const opened = plan.store?.open({ clock, random, logger: SILENT })
    const onError = (error: unknown): void =>
      logger.debug(`a store that was opened only as a check could not be closed: ${reasonOf(error)}`)
    opened?.store.close().catch(onError)
    return {
      config,
      options: { ...network, ...common, endpoints: relay.endpoints, clock, random, logger },
      plan,
      journal: (context) => journalOf(relay, config, context),
    }
  })
}

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} }
