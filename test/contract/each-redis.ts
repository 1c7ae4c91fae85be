import { afterAll, beforeAll } from 'vitest'
import type { RedisStoreOptions } from '../../src/store/redis/redis-store.ts'
import {
  describeWithRedis,
  type RedisCluster,
  type RedisServer,
  startRedis,
  startRedisCluster,
} from '../support/redis-server.ts'
import { addUnscripted, UNSCRIPTED } from './unscripted.ts'

/** Declares the tests of one kind of Redis. `at` returns the options of a store with this prefix, once the tests run. */
type Suite = (name: string, at: (prefix: string) => RedisStoreOptions) => void

/** Runs a suite with a single Redis and with a cluster, each with and without the right to run scripts. */
export function describeEachRedis(suite: Suite): void {
  describeWithRedis('Redis', () => {
    let server: RedisServer
    beforeAll(async () => {
      server = await startRedis()
      await addUnscripted(server)
    })
    afterAll(() => server?.stop())

    suite('redis', (prefix) => ({ url: server.url, prefix }))
    suite('redis without scripts', (prefix) => ({ url: server.url, prefix, ...UNSCRIPTED }))
  })

  describeWithRedis('Redis Cluster', () => {
    let cluster: RedisCluster
    beforeAll(async () => {
      cluster = await startRedisCluster()
      await Promise.all(cluster.servers.map(addUnscripted))
    })
    afterAll(() => cluster?.stop())

    suite('redis cluster', (prefix) => ({ cluster: cluster.nodes, prefix: `{${prefix}}` }))
    suite('redis cluster without scripts', (prefix) => ({
      cluster: cluster.nodes,
      prefix: `{${prefix}}`,
      ...UNSCRIPTED,
    }))
  })
}
