import type { StoreDescription, StoreUse } from '../../src/index.ts'
import { consulStore } from '../../src/store/consul/consul-store.ts'
import { dynamodbStore } from '../../src/store/dynamodb/dynamodb-store.ts'
import { redisStore } from '../../src/store/redis/redis-store.ts'
import type { PersistentStoreParams } from './create-request.ts'

/** Name of the table that the suite creates. */
const TABLE = 'sdk-contract-tests'

/** Returns the store that the suite describes. */
export function storeOf({ store: { type, prefix, dsn }, cache }: PersistentStoreParams): StoreDescription {
  const options = { ...(prefix !== undefined && { prefix }), ...useOf(cache) }
  switch (type) {
    case 'redis':
      return redisStore({ ...options, url: dsn.includes('://') ? dsn : `redis://${dsn}` })
    case 'consul':
      return consulStore({ ...options, url: dsn })
    case 'dynamodb':
      return dynamodbStore({
        ...options,
        tableName: TABLE,
        clientOptions: {
          endpoint: dsn.includes('://') ? dsn : `http://${dsn}`,
          region: 'us-east-1',
          credentials: { accessKeyId: 'dummy', secretAccessKey: 'dummy' },
        },
      })
    default:
      return type satisfies never
  }
}

function useOf({ mode, ttl }: PersistentStoreParams['cache']): StoreUse {
  switch (mode) {
    case 'off':
      return { cacheTtlMs: 0 }
    case 'infinite':
      return { cacheTtlMs: Infinity }
    case 'ttl':
      return ttl === undefined ? {} : { cacheTtlMs: ttl * 1_000 }
    default:
      return mode satisfies never
  }
}
