import { afterAll, beforeAll } from 'vitest'
import { redisStore } from '../../src/store/redis/redis-store.ts'
import { openJournal } from '../store/redis/journal-opened.ts'
import {
  describeWithRedis,
  type RedisCluster,
  type RedisServer,
  startRedis,
  startRedisCluster,
} from '../support/redis-server.ts'
import { journalContract } from './journal.ts'
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

  journalContract('redis', () => ({
    open: (prefix, limits) => openJournal({ url: server.url, prefix }, limits),
  }))

  journalContract('redis without scripts', () => ({
    open: (prefix, limits) => openJournal({ url: server.url, prefix, ...UNSCRIPTED }, limits),
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

  journalContract('redis cluster', () => ({
    open: (prefix, limits) => openJournal({ cluster: cluster.nodes, prefix: `{${prefix}}` }, limits),
  }))

  journalContract('redis cluster without scripts', () => ({
    open: (prefix, limits) =>
      openJournal({ cluster: cluster.nodes, prefix: `{${prefix}}`, ...UNSCRIPTED }, limits),
  }))
})
