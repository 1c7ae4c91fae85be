import { afterAll, beforeAll, expect, it } from 'vitest'
import type { RelayConfig } from '../../src/relay/config/relay-config.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { SDK_KEY } from '../support/engine.ts'
import { describeWithRedis, eventually, type RedisServer, startRedis } from '../support/redis-server.ts'
import { change } from '../support/stored.ts'
import { killableService } from './killable-service.ts'
import { ask, start } from './starting.ts'

describeWithRedis('relays that share a Redis which fails', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.stop())

  const on = (prefix: string): Partial<RelayConfig> => ({
    store: { type: 'redis', url: redis.url, localTtlMs: 0 },
    environments: [{ name: 'test', sdkKey: SDK_KEY, prefix }],
    ready: { requires: ['data', 'store'] },
  })
  const versionIn = (prefix: string) => () =>
    redis.as(async (client) => {
      const text = await client.hget(`${prefix}:features`, 'a')
      return text === null ? undefined : (JSON.parse(text) as { readonly version: number }).version
    })

  it('(S172) after FLUSHALL the newer data wins over that of a disconnected relay', async () => {
    const clock = new VirtualClock(1_700_000_000_000)
    const version = versionIn('peers')
    const old = await killableService([change('a', 1, 'old')])
    const current = await killableService([change('a', 1, 'old')])
    const behind = await start({ ...on('peers'), endpoints: old.endpoints }, { clock })
    await behind.started
    await eventually(async () => (await version()) === 1)
    await old.kill()
    const ahead = await start({ ...on('peers'), endpoints: current.endpoints }, { clock })
    await ahead.started
    for (const each of [2, 3, 4]) current.change(change('a', each, `value-${each}`))
    await eventually(async () => (await version()) === 4)
    for (let round = 0; round < 3; round++) {
      await clock.advance(5_000)
      await redis.as((client) => client.flushall())
      const seen = new Set<number>()
      const repaired = async (): Promise<number | undefined> => {
        await clock.advance(1_000)
        const found = await version()
        if (found !== undefined) seen.add(found)
        return found
      }
      await expect.poll(repaired, { interval: 20 }).toBe(4)
      expect([...seen]).toEqual([4])
    }
  })

  it('(S175) a relay is not ready one second after Redis was stopped with a write pending', async () => {
    const clock = new VirtualClock(1_700_000_000_000)
    const service = await killableService([change('a', 1, 'one')])
    const relay = await start({ ...on('stopped'), endpoints: service.endpoints }, { clock })
    await relay.started
    await eventually(async () => (await versionIn('stopped')()) === 1)
    await eventually(async () => (await ask(relay, '/readyz')).status === 200)
    redis.pause()
    try {
      service.change(change('a', 2, 'two'))
      const notReady = async (): Promise<number> => {
        await clock.advance(500)
        return (await ask(relay, '/readyz')).status
      }
      await expect.poll(notReady, { interval: 20 }).toBe(503)
      const { dataStoreStatus } = (await ask(relay, '/status')).body.environments.test
      expect(dataStoreStatus).toMatchObject({ stale: true })
      const metrics = await fetch(`${relay.url}/metrics`).then((response) => response.text())
      expect(metrics).toMatch(/halyard_relay_store_stale\{[^}]*\} 1/)
    } finally {
      redis.resume()
    }
    const ready = async (): Promise<number> => {
      await clock.advance(500)
      return (await ask(relay, '/readyz')).status
    }
    await expect.poll(ready, { interval: 20 }).toBe(200)
  })
})
