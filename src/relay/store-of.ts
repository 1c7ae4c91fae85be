import { readFileSync } from 'node:fs'
import type { StoreDescription } from '../model/store-description.ts'
import { consulStore } from '../store/consul/index.ts'
import { dynamodbStore } from '../store/dynamodb/index.ts'
import { redisStore } from '../store/redis/index.ts'
import type { EnvironmentConfig, StoreConfig } from './config/relay-config.ts'

/** The place of one environment in the relay's database. */
export function storeOf(store: StoreConfig, { prefix, tableName = '' }: EnvironmentConfig): StoreDescription {
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
