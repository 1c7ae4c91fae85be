import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fingerprint } from '../layout/sidecar.ts'
import type { StoreDescription } from '../model/store-description.ts'
import { consulStore } from '../store/consul/index.ts'
import { dynamodbStore } from '../store/dynamodb/index.ts'
import { fileStore } from '../store/file/index.ts'
import { redisStore } from '../store/redis/index.ts'
import type { EnvironmentConfig, RelayConfig, StoreConfig } from './config/relay-config.ts'

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

/** Tells environments apart however they are called, and tells people which it is. */
function fileNameOf({ name, sdkKey }: EnvironmentConfig): string {
  return `${name.replaceAll(/[^A-Za-z0-9]+/g, '-').slice(0, 60)}-${fingerprint(sdkKey)}`
}

function placeIn(store: StoreConfig, { prefix, tableName = '' }: EnvironmentConfig): StoreDescription {
  const use = { cacheTtlMs: store.localTtlMs, ...(prefix !== undefined && { prefix }) }
  switch (store.type) {
    case 'redis': {
      const { url, username, password, caFile, certFile, keyFile } = store
      const tls = { ...read('ca', caFile), ...read('cert', certFile), ...read('key', keyFile) }
      return redisStore({
        ...use,
        url,
        ...(username !== undefined && { username }),
        ...(password !== undefined && { password }),
        ...(Object.keys(tls).length > 0 && { tls }),
      })
    }
    case 'dynamodb':
      return dynamodbStore({
        ...use,
        tableName,
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

function read<N extends string>(name: N, path: string | undefined): { readonly [K in N]?: string } {
  return (path === undefined ? {} : { [name]: readFileSync(path, 'utf8') }) as { readonly [K in N]?: string }
}
