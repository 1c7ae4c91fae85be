import { copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { consulStore } from '../../src/store/consul/consul-store.ts'
import { fileStore } from '../../src/store/file/file-store.ts'
import { redisStore } from '../../src/store/redis/redis-store.ts'
import { running } from '../cli/running.ts'
import { describeWithConsul, startConsulAgent } from '../support/consul-agent.ts'
import { describeWithRedis, startRedis } from '../support/redis-server.ts'
import { newFolder } from './file/opened.ts'
import { COMPLETE, prepare, put, type Writing, writing } from './writing.ts'

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
