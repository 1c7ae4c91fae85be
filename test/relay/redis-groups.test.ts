import { expect, it, onTestFinished } from 'vitest'
import { redisStore } from '../../src/store/redis/redis-store.ts'
import { running } from '../cli/running.ts'
import { put } from '../support/origin.ts'
import {
  describeWithRedis,
  eventually,
  startRedisCluster,
  startRedisSentinels,
} from '../support/redis-server.ts'
import { startRelayProcess } from '../support/relay-process.ts'
import { startService } from '../support/service.ts'
import { never } from '../support/store-writes.ts'
import { constant } from '../support/stored.ts'

const KEY = 'sdk-of-operators-0b5e'
const PREFIX = '{ld:one}'
const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

const list = (nodes: readonly { readonly host: string; readonly port: number }[]): string =>
  nodes.map(({ host, port }) => `${host}:${port}`).join(',')

/** Reads the store as another process would. */
async function stored(options: object, key: string): Promise<string | undefined> {
  const { clock } = { clock: (await import('../../src/async/clock.ts')).systemClock }
  const opened = redisStore({ ...options, prefix: PREFIX }).open({
    clock,
    random: Math.random,
    logger: SILENT,
  })
  try {
    return (await opened.store.get('flag', key, never))?.text
  } catch {
    return undefined
  } finally {
    await opened.store.close()
  }
}

async function startRelay(settings: Readonly<Record<string, string>>) {
  const service = await startService({ [KEY]: { flags: { a: constant('a', 1, 'one') } } })
  const relay = await startRelayProcess(['--from-env'], {
    LD_ENV_one: KEY,
    LD_PREFIX_one: PREFIX,
    PORT: '0',
    HALYARD_RELAY_HOST: '127.0.0.1',
    BASE_URI: service.url,
    STREAM_URI: service.url,
    USE_REDIS: '1',
    ...settings,
  })
  return { service, relay }
}

describeWithRedis('a relay on a group of Redis servers', () => {
  it('(S186) keeps its environments in a Redis Cluster, and inspect reads them there', async () => {
    const cluster = await startRedisCluster()
    onTestFinished(() => cluster.stop())
    const { relay } = await startRelay({ REDIS_CLUSTER_NODES: list(cluster.nodes) })
    await eventually(async () => (await stored({ cluster: cluster.nodes }, 'a')) !== undefined)
    expect((await relay.ask('/status')).body).toMatchObject({ status: 'healthy' })
    const address = `redis-cluster://${list(cluster.nodes)}?prefix=${PREFIX}`
    const { status, stdout } = await running(['inspect', address, '--verify'])
    expect(status).toBe(0)
    expect(stdout).toContain(`Redis Cluster at ${cluster.nodes[0]?.host}`)
    expect(await relay.stop()).toBe(0)
  })

  it('(S186) follows the master that Sentinels name, through a failover', async () => {
    const group = await startRedisSentinels()
    onTestFinished(() => group.stop())
    const { sentinels, name, master, replica } = group
    const { service, relay } = await startRelay({
      REDIS_SENTINELS: list(sentinels),
      REDIS_SENTINEL_MASTER: name,
      REDIS_DATABASE: '3',
    })
    const place = { sentinels, name, db: 3 }
    await eventually(async () => (await stored(place, 'a')) !== undefined)
    await replica.as((client) =>
      eventually(async () => (await client.select(3)) && (await client.dbsize()) > 0),
    )
    await master.kill()
    service.change(KEY, put('a', 2, constant('a', 2, 'two')))
    await eventually(async () => (await stored(place, 'a'))?.includes('two') === true)
    const address = `redis-sentinel://${list(sentinels)}/3?master=${name}&prefix=${PREFIX}`
    const { status, stdout } = await running(['inspect', address])
    expect(status).toBe(0)
    expect(stdout).toContain(`Redis master ${name} of the Sentinels`)
    expect(await relay.stop()).toBe(0)
  })
})
