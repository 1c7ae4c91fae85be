import { afterAll, beforeAll } from 'vitest'
import { redisStore } from '../../src/store/redis/redis-store.ts'
import {
  describeWithRedis,
  type RedisCluster,
  type RedisServer,
  startRedis,
  startRedisCluster,
} from '../support/redis-server.ts'
import { persistentStoreContract } from './persistent-store.ts'
import { addUnscripted, UNSCRIPTED } from './unscripted.ts'

describeWithRedis('Redis', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
    await addUnscripted(server)
  })
  afterAll(() => server?.stop())

  persistentStoreContract('redis', () => ({
    describe: (prefix) => redisStore({ url: server.url, prefix }),
  }))

  persistentStoreContract('redis without scripts', () => ({
    describe: (prefix) => redisStore({ url: server.url, prefix, ...UNSCRIPTED }),
  }))
})

describeWithRedis('Redis Cluster', () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await startRedisCluster()
    await Promise.all(cluster.servers.map(addUnscripted))
  })
  afterAll(() => cluster?.stop())

  persistentStoreContract('redis cluster', () => ({
    describe: (prefix) => redisStore({ cluster: cluster.nodes, prefix: `{${prefix}}` }),
  }))

  persistentStoreContract('redis cluster without scripts', () => ({
    describe: (prefix) => redisStore({ cluster: cluster.nodes, prefix: `{${prefix}}`, ...UNSCRIPTED }),
  }))
})
