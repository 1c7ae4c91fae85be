import { join } from 'node:path'
import { Cluster } from 'ioredis'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { child, outcome } from '../../support/child.ts'
import { listen } from '../../support/listen.ts'
import {
  describeWithRedis,
  eventually,
  type RedisCluster,
  startRedisCluster,
} from '../../support/redis-server.ts'
import { delta, freshPrefix, full, never, row } from '../../support/store-writes.ts'
import { flags, openRedis, textsOf } from './opened.ts'

const IDLE = join(import.meta.dirname, 'idle-process.ts')

describeWithRedis('Redis Cluster', () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await startRedisCluster()
  })
  afterAll(() => cluster?.stop())

  it('(S70) stores all keys of a prefix on one node, and the feed receives changes from any node', async () => {
    for (const index of [0, 1, 2, 3]) {
      const opened = openRedis({ cluster: cluster.nodes, prefix: `{${freshPrefix()}-${index}}` })
      const { next: nextChange } = listen(opened)
      expect(await nextChange()).toEqual({ type: 'replaced' })
      await opened.store.write(full(...flags(1_200)), never)
      expect(await nextChange()).toEqual({ type: 'replaced' })
      await opened.store.write(delta(row('a', 1)), never)
      expect(await nextChange()).toEqual({ type: 'changed', flags: ['a'], segments: [] })
      expect((await textsOf(opened)).size).toBe(1_201)
    }
  })

  it('keeps a cluster client of the application open, and refuses a prefix without a hash tag for it', async () => {
    const client = new Cluster([...cluster.nodes])
    onTestFinished(() => client.disconnect())
    expect(() => openRedis({ client, prefix: 'spree' })).toThrow('hash tag')
    const opened = openRedis({ client, prefix: `{${freshPrefix()}}` })
    const { next: nextChange } = listen(opened)
    expect(await nextChange()).toEqual({ type: 'replaced' })
    await opened.store.write(full(row('a', 1)), never)
    expect(await nextChange()).toEqual({ type: 'replaced' })
    await opened.store.close()
    expect(await client.ping()).toBe('PONG')
  })

  it('(S74) refuses a single node of a cluster and names the option to use instead', async () => {
    // At least one of these prefixes is stored on another node.
    const { host, port } = cluster.nodes[0] as { host: string; port: number }
    const failures = await Promise.all(
      ['{a}', '{b}', '{c}', '{d}'].map((prefix) =>
        openRedis({ host, port, prefix })
          .store.initialized(never)
          .catch((error: unknown) => error),
      ),
    )
    expect(failures).toContainEqual(
      expect.objectContaining({
        kind: 'refused',
        message: expect.stringMatching(/give `cluster`.*\(MOVED/) as unknown,
      }),
    )
  })

  it('(S74) refuses a wrong login in the same way as with a single server', async () => {
    const opened = openRedis({ cluster: cluster.nodes, username: 'nobody', password: 'hunter2' })
    await expect(opened.store.initialized(never)).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('WRONGPASS') as unknown,
    })
  })

  it('(D20, S74) does not keep the process alive by its connections', async () => {
    const options = JSON.stringify({ cluster: cluster.nodes })
    expect(await outcome(child(IDLE, options))).toEqual({
      code: 0,
      output: 'initialized: false\n{"type":"replaced"}\n',
    })
  })

  it('reports a stopped cluster soon, and connects again when it is back (S74)', async () => {
    const opened = openRedis({ cluster: cluster.nodes, prefix: `{${freshPrefix()}}` })
    await opened.store.write(full(row('a', 1)), never)
    await Promise.all(cluster.servers.map((server) => server.kill()))
    await expect(opened.store.readAll(never)).rejects.toMatchObject({ kind: 'unavailable' })
    await expect(opened.store.readAll(never)).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(
        /^Redis Cluster at .*: cannot read all data: no node of the cluster can be reached/,
      ) as unknown,
    })
    await Promise.all(cluster.servers.map((server) => server.start()))
    await eventually(() =>
      opened.store.write(full(row('a', 2)), never).then(
        () => true,
        () => false,
      ),
    )
    expect(await textsOf(opened)).toEqual(new Map([['flag a', row('a', 2).text]]))
  })
})
