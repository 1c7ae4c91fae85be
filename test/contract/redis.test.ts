import { afterAll, beforeAll } from 'vitest'
import { redisStore } from '../../src/store/redis/index.ts'
import {
  describeWithRedis,
  type RedisCluster,
  type RedisServer,
  startRedis,
  startRedisCluster,
} from '../support/redis-server.ts'
import { persistentStoreContract } from './persistent-store.ts'

const UNSCRIPTED = { username: 'unscripted', password: 'secret' }

function addUser(server: RedisServer): Promise<unknown> {
  return server.as((client) =>
    client.call('ACL', 'SETUSER', 'unscripted', 'on', '>secret', '~*', '&*', '+@all', '-@scripting'),
  )
}

describeWithRedis('Redis', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
    await addUser(server)
  })
  afterAll(() => server?.stop())

  persistentStoreContract('redis', () => ({
    describe: (prefix) => redisStore({ url: server.url, prefix }),
  }))

  persistentStoreContract('redis without scripts', () => ({
    describe: (prefix) => redisStore({ url: server.url, prefix, username: 'unscripted', password: 'secret' }),
  }))
})

describeWithRedis('Redis Cluster', () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await startRedisCluster()
    await Promise.all(cluster.servers.map(addUser))
  })
  afterAll(() => cluster?.stop())

  persistentStoreContract('redis cluster', () => ({
    describe: (prefix) => redisStore({ cluster: cluster.nodes, prefix: `{${prefix}}` }),
  }))

  persistentStoreContract('redis cluster without scripts', () => ({
    describe: (prefix) => redisStore({ cluster: cluster.nodes, prefix: `{${prefix}}`, ...UNSCRIPTED }),
  }))
})
