import { copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { decodeRow } from '../../src/layout/row.ts'
import type { Change } from '../../src/model/change-set.ts'
import type { StoreDescription } from '../../src/model/persistent-store.ts'
import { consulStore } from '../../src/store/consul/consul-store.ts'
import { dynamodbStore } from '../../src/store/dynamodb/dynamodb-store.ts'
import { fileStore } from '../../src/store/file/file-store.ts'
import { Mirror } from '../../src/store/mirror/mirror.ts'
import { exclusive, unrestricted } from '../../src/store/mirror/write-lease.ts'
import { monitored } from '../../src/store/monitored.ts'
import { redisStore } from '../../src/store/redis/redis-store.ts'
import { StoreMonitor } from '../../src/store/store-monitor.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { running } from '../cli/running.ts'
import { describeWithConsul, startConsulAgent } from '../support/consul-agent.ts'
import { startDynalite } from '../support/dynalite.ts'
import { describeWithRedis, startRedis } from '../support/redis-server.ts'
import { freshPrefix, never } from '../support/store-writes.ts'
import { newFolder } from './file/opened.ts'

const put = (key: string, version: number): Change => ({
  op: 'put',
  kind: 'flag',
  key,
  version,
  object: { key, version },
})

/** Starts a connected writer on a real database. The test decides when its checks are due. */
function writing(description: StoreDescription, writers: 'all' | 'one' = 'all') {
  const clock = new VirtualClock(Date.now())
  const log: string[] = []
  const write = (message: string): void => void log.push(message)
  const logger = { debug() {}, info() {}, warn: write, error: write }
  const { store, lease } = description.open({ clock, random: () => 0, logger })
  const monitor = new StoreMonitor(store.name, 'writer', { clock, logger })
  const source = { live: true }
  const writeLease = writers === 'one' ? exclusive(lease, monitor, clock) : unrestricted
  const options = { lease: writeLease, monitor, keyFingerprint: 'f', clock, random: () => 0, logger }
  const mirror = new Mirror({ ...options, store: monitored(store, monitor) })
  const controller = new AbortController()
  const running = mirror.run(controller.signal, { isLive: () => source.live })
  const close = async (): Promise<void> => {
    controller.abort()
    await Promise.race([running, clock.advance(3_000).then(() => running)])
    await store.close()
  }
  onTestFinished(close)
  const held = async (): Promise<Record<string, number>> => {
    const { initialized, rows } = await store.readAll(never)
    if (!initialized) return {}
    return Object.fromEntries(
      rows.flatMap((row) => {
        const decoded = decodeRow(row)
        return decoded.type === 'item' ? [[row.key, decoded.item.version]] : []
      }),
    )
  }
  /** Lets time pass until the database holds these versions. */
  const until = async (wanted: Record<string, number>): Promise<void> => {
    const look = async (): Promise<Record<string, number>> => {
      await clock.advance(500)
      return held().catch(() => ({}))
    }
    await expect.poll(look, { interval: 20 }).toEqual(wanted)
  }
  const apply = async (type: 'full' | 'partial', version: number, ...changes: readonly Change[]) => {
    const selector = { state: `state-${version}`, version }
    mirror.accept({ changeSet: { type, changes }, selector })
    await clock.advance(0)
  }
  const lossesLogged = (): number => log.filter((line) => line.includes('lost its data')).length
  return { clock, source, monitor, apply, until, lossesLogged, close }
}

type Writing = ReturnType<typeof writing>

/** Writes three flags, calls `between`, and changes two of them. */
async function prepare(writer: Writing, between: () => Promise<unknown> = async () => {}): Promise<void> {
  await writer.apply('full', 1, put('a', 1), put('b', 1), put('c', 1))
  await writer.until({ a: 1, b: 1, c: 1 })
  await between()
  await writer.apply('partial', 2, put('a', 2))
  await writer.until({ a: 2, b: 1, c: 1 })
  await writer.apply('partial', 3, put('b', 3))
  await writer.until(COMPLETE)
}

const COMPLETE = { a: 2, b: 3, c: 1 }

describeWithRedis('the repair of Redis', () => {
  it('S170: restores the latest data after a restart from an older RDB file', async () => {
    const server = await startRedis()
    onTestFinished(() => server.stop())
    const writer = writing(redisStore({ url: server.url }))
    await prepare(writer, () => server.as((client) => client.save()))
    await server.kill()
    await server.start()
    await server.as(async (client) => {
      expect(await client.hget('launchdarkly:features', 'a')).toContain('"version":1')
    })
    await writer.until(COMPLETE)
    expect(writer.monitor.status.current).toMatchObject({ stale: false, lost: false })
  })

  it.each([
    ['UNLINK of all flags', 'unlink', ['features']],
    ['HDEL of one flag', 'hdel', ['features', 'b']],
    ['DEL of the marker', 'del', ['$inited']],
    ['DEL of marker and sidecar', 'del', ['$inited', '$halyard']],
  ] as const)('S171: restores all data after %s', async (_, command, [first, second]) => {
    const server = await startRedis()
    onTestFinished(() => server.stop())
    const writer = writing(redisStore({ url: server.url, prefix: 'p' }))
    await prepare(writer)
    const [key, field] = [`p:${first}`, command === 'hdel' ? (second ?? '') : `p:${second}`]
    await server.as(async (client) => {
      expect(Number(await client.call(command, key, field))).toBeGreaterThan(0)
    })
    await writer.clock.advance(5_000)
    await expect
      .poll(async () => {
        await writer.clock.advance(500)
        return writer.lossesLogged()
      })
      .toBe(1)
    await writer.until(COMPLETE)
  })

  it('S147: writes the data of the connected writer, although the holder of the lease is cut off', async () => {
    const server = await startRedis()
    onTestFinished(() => server.stop())
    const [old, current] = [1, 2].map(() => writing(redisStore({ url: server.url }), 'one')) as [
      Writing,
      Writing,
    ]
    /** Lets time pass for both until the condition holds. */
    const eventually = (holds: () => unknown, wanted: unknown): Promise<void> =>
      expect
        .poll(
          async () => {
            for (const { clock } of [old, current]) await clock.advance(500)
            return holds()
          },
          { timeout: 60_000, interval: 20 },
        )
        .toEqual(wanted)
    const roles = (): readonly string[] => [old, current].map(({ monitor }) => monitor.status.current.role)
    await old.apply('full', 1, put('a', 1), put('b', 1))
    await old.until({ a: 1, b: 1 })
    await current.apply('full', 1, put('a', 1), put('b', 1))
    await eventually(roles, ['writer', 'follower'])
    old.source.live = false
    await current.apply('partial', 4, put('a', 4))
    await server.as((client) => client.flushall())
    await eventually(roles, ['follower', 'writer'])
    await current.until({ a: 4, b: 1 })
    expect(current.monitor.status.current).toMatchObject({ stale: false, lost: false })
    old.source.live = true
    await old.apply('partial', 5, put('a', 4), put('b', 5))
    await current.close()
    await eventually(() => old.monitor.status.current.role, 'writer')
    await old.until({ a: 4, b: 5 })
  })

  it('S175: sets the status to stale 1 s after the server stopped with a write pending', async () => {
    const server = await startRedis()
    onTestFinished(() => server.stop())
    const writer = writing(redisStore({ url: server.url }))
    await prepare(writer)
    server.pause()
    await writer.apply('partial', 4, put('a', 4))
    await writer.clock.advance(1_000)
    expect(writer.monitor.status.current).toMatchObject({ stale: true, state: 'available' })
    server.resume()
    await writer.until({ ...COMPLETE, a: 4 })
    await expect.poll(() => writer.monitor.status.current.stale).toBe(false)
  })

  it('S170: a check costs one round trip with four commands', async () => {
    const server = await startRedis()
    onTestFinished(() => server.stop())
    const writer = writing(redisStore({ url: server.url }))
    await prepare(writer)
    await server.as((client) => client.config('RESETSTAT'))
    const counts = (): Promise<Record<string, number>> =>
      server.as(async (client) => {
        const lines = (await client.info('commandstats')).matchAll(/cmdstat_(\w+):calls=(\d+)/g)
        return Object.fromEntries(Array.from(lines, ([, name, calls]) => [name, Number(calls)]))
      })
    for (let look = 1; look <= 3; look++) {
      await writer.clock.advance(5_000)
      await expect.poll(async () => (await counts()).hlen).toBe(2 * look)
    }
    expect(await counts()).toMatchObject({ exists: 3, get: 3, hlen: 6 })
    expect(await counts()).not.toHaveProperty('hgetall')
  })
})

describeWithConsul('the repair of Consul', () => {
  it.each([
    ['one flag', 'p/features/b', {}],
    ['all flags', 'p/features/', { recurse: '' }],
    ['the marker', 'p/$inited', {}],
  ])('S171: restores all data after the loss of %s', async (_, key, query) => {
    const agent = await startConsulAgent()
    onTestFinished(() => agent.stop())
    const writer = writing(consulStore({ url: agent.url, prefix: 'p' }))
    await prepare(writer)
    await fetch(`${agent.url}/v1/kv/${key}?${new URLSearchParams(query)}`, { method: 'DELETE' })
    await writer.until(COMPLETE)
    expect(writer.lossesLogged()).toBe(1)
  })

  it('S170: restores the latest data after the restore of a snapshot of the agent', async () => {
    const agent = await startConsulAgent()
    onTestFinished(() => agent.stop())
    const writer = writing(consulStore({ url: agent.url, prefix: 'p' }))
    let saved: ArrayBuffer | undefined
    await prepare(writer, async () => {
      saved = await (await fetch(`${agent.url}/v1/snapshot`)).arrayBuffer()
    })
    const restored = await fetch(`${agent.url}/v1/snapshot`, { method: 'PUT', body: saved ?? null })
    expect(restored.status).toBe(200)
    await writer.until(COMPLETE)
    expect(writer.lossesLogged()).toBe(1)
  })
})

it('S170, S171: repairs DynamoDB: a lost marker at once, lost rows when all rows are read', async () => {
  const dynalite = await startDynalite()
  onTestFinished(() => dynalite.close())
  await dynalite.createTable('flags')
  const prefix = freshPrefix()
  const { clientOptions, client } = dynalite
  const writer = writing(dynamodbStore({ tableName: 'flags', prefix, clientOptions }))
  await prepare(writer)
  const { DeleteItemCommand } = await import('@aws-sdk/client-dynamodb')
  const lose = (namespace: string, key: string) =>
    client.send(
      new DeleteItemCommand({ TableName: 'flags', Key: { namespace: { S: namespace }, key: { S: key } } }),
    )
  await lose(`${prefix}:$inited`, `${prefix}:$inited`)
  await writer.until(COMPLETE)
  await lose(`${prefix}:features`, 'b')
  await writer.clock.advance(300_000)
  await writer.until(COMPLETE)
  expect(writer.lossesLogged()).toBe(2)
})

it('S170, S171: repairs a file that was replaced by an older copy or deleted', async () => {
  const path = join(await newFolder(), 'flags')
  const writer = writing(fileStore(path, { saveEveryMs: 0 }))
  await prepare(writer, () => copyFile(path, `${path}.old`))
  await copyFile(`${path}.old`, path)
  await writer.until(COMPLETE)
  expect(writer.lossesLogged()).toBe(1)
  await rm(path)
  await writer.until(COMPLETE)
  expect(writer.lossesLogged()).toBe(2)
})

describeWithRedis('halyard inspect --verify', () => {
  it('S89: fails while rows are missing and the marker exists', async () => {
    const server = await startRedis()
    onTestFinished(() => server.stop())
    const writer = writing(redisStore({ url: server.url, prefix: 'p' }))
    await prepare(writer)
    await server.as((client) => client.unlink('p:features'))
    expect(await running(['inspect', server.url, '--prefix', 'p', '--verify'])).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/3 of 3 written rows are missing/),
    })
  })
})
