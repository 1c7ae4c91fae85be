import { afterAll, beforeAll } from 'vitest'
import { openJournal } from '../store/redis/journal-opened.ts'
import {
  describeWithRedis,
  type RedisCluster,
  type RedisServer,
  startRedis,
  startRedisCluster,
} from '../support/redis-server.ts'
import { journalContract } from './journal.ts'
import { addUnscripted, UNSCRIPTED } from './unscripted.ts'

describeWithRedis('Redis', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
    await addUnscripted(server)
  })
  afterAll(() => server?.stop())

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
    await Promise.all(cluster.servers.map(addUnscripted))
  })
  afterAll(() => cluster?.stop())

  journalContract('redis cluster', () => ({
    open: (prefix, limits) => openJournal({ cluster: cluster.nodes, prefix: `{${prefix}}` }, limits),
  }))

  journalContract('redis cluster without scripts', () => ({
    open: (prefix, limits) =>
      openJournal({ cluster: cluster.nodes, prefix: `{${prefix}}`, ...UNSCRIPTED }, limits),
  }))
})
