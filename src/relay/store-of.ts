import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fingerprint } from '../layout/sidecar.ts'
import type { Journal, StoreContext, StoreDescription, StoreUse } from '../model/persistent-store.ts'
import { consulStore } from '../store/consul/consul-store.ts'
import { dynamodbStore } from '../store/dynamodb/dynamodb-store.ts'
import { fileStore } from '../store/file/file-store.ts'
import { redisJournal } from '../store/redis/journal.ts'
import type { RedisStoreOptions } from '../store/redis/options.ts'
import { redisStore } from '../store/redis/redis-store.ts'
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
export function journalOf(
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
  const use = useOf(store, environment)
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

function useOf({ localTtlMs }: StoreConfig, { prefix }: EnvironmentConfig): StoreUse & { prefix?: string } {
  return { cacheTtlMs: localTtlMs, ...(prefix !== undefined && { prefix }) }
}

function redisOptions(store: RedisConfig, environment: EnvironmentConfig): RedisStoreOptions {
  const { url, clusterNodes: cluster, sentinels, sentinelMaster: name, sentinelUsername } = store
  const { sentinelPassword, database: db, username, password, caFile, certFile, keyFile } = store
  const tls = { ...read('ca', caFile), ...read('cert', certFile), ...read('key', keyFile) }
  return {
    ...useOf(store, environment),
    ...compact({ url, cluster, sentinels, name, sentinelUsername, sentinelPassword, db, username, password }),
    ...((store.tls || Object.keys(tls).length > 0) && { tls }),
  }
}

function read<N extends string>(name: N, path: string | undefined): { readonly [K in N]?: string } {
  return (path === undefined ? {} : { [name]: readFileSync(path, 'utf8') }) as { readonly [K in N]?: string }
}
