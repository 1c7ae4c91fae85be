import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { createClient } from '../../../src/client/create-client.ts'
import { presets } from '../../../src/config/presets.ts'
import type { RelayConfig } from '../../../src/relay/config/relay-config.ts'
import { redisStore } from '../../../src/store/redis/redis-store.ts'
import { startOrigin } from '../../support/origin.ts'
import { describeWithRedis, type RedisServer, startRedis } from '../../support/redis-server.ts'
import { constant, USER } from '../../support/stored.ts'
import { ENV_ONE, KEYS, ONE, type Packed, TWO } from '../archive/packed.ts'
import { ask, silent, start } from '../starting.ts'
import { offline } from './offline.ts'

const one = { authorization: KEYS.one }

describeWithRedis('an archive and a database', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.stop())

  const withA = (value: unknown, version: number): Packed => ({
    ...ONE,
    dataId: `data-${String(value)}`,
    flags: { a: constant('a', version, value) },
  })

  const kept = (prefix: string, path: string): Partial<RelayConfig> => ({
    store: { type: 'redis', url: redis.url, localTtlMs: 0 },
    offline: { archive: path, intervalMs: 20, prefix },
  })

  const stored = async (prefix: string): Promise<unknown> => {
    const text = await redis.as((client) => client.hget(`${prefix}:features`, 'a'))
    return text && (JSON.parse(text) as { readonly variations: unknown }).variations
  }

  it('S102: stores every environment under its id, where SDKs in daemon mode read it, also from an older archive', async () => {
    const archive = await offline(withA('one', 1), TWO)
    const relay = await archive.start(kept('kept:$CID', archive.path))
    await relay.started
    const prefix = `kept:${ENV_ONE.envID}`
    const daemon = createClient(KEYS.one, {
      dataSystem: presets.daemon(redisStore({ url: redis.url, prefix })),
      sendEvents: false,
      logger: silent,
    })
    onTestFinished(() => daemon.close())
    for (const [value, version] of [
      ['one', 1],
      ['two', 2],
      ['one', 1],
    ] as const) {
      await archive.put(withA(value, version), TWO)
      await expect.poll(() => stored(prefix)).toEqual([value])
      await expect.poll(() => daemon.variation('a', USER, 'fallback')).toBe(value)
    }
    expect(archive.asked).toEqual([])
  })

  it('S103: after a restart, also with an older archive, every client has the data of the archive', async () => {
    const archive = await offline(withA('two', 2))
    const config = kept('restart:$CID', archive.path)
    const prefix = `restart:${ENV_ONE.envID}`
    const first = await archive.start(config)
    await first.started
    const { body } = await ask(first, '/sdk/poll', one)
    const { state } = body.events.at(-1).data as { readonly state: string }
    await expect.poll(() => stored(prefix)).toEqual(['two'])
    await first.close()

    const same = await archive.start(config)
    await same.started
    const intentAt = async (relay: typeof same): Promise<unknown> =>
      (await ask(relay, `/sdk/poll?basis=${encodeURIComponent(state)}`, one)).body.events[0].data.payloads[0]
        .intentCode
    expect(await intentAt(same)).toBe('none')
    await same.close()

    await archive.put(withA('one', 1))
    const older = await archive.start(config)
    await older.started
    await expect.poll(() => stored(prefix)).toEqual(['one'])
    // SDKs would ignore a delta, because its version is smaller.
    expect(await intentAt(older)).toBe('xfer-full')
  })

  it('S103: an online relay never sends the state of an archive in its database to the service', async () => {
    const archive = await offline(withA('one', 1))
    const prefix = `online:${ENV_ONE.envID}`
    const relay = await archive.start(kept('online:$CID', archive.path))
    await relay.started
    await expect.poll(() => stored(prefix)).toEqual(['one'])
    await relay.close()
    const origin = await startOrigin()
    const online = await start({
      store: { type: 'redis', url: redis.url, localTtlMs: 0 },
      environments: [{ name: 'one', sdkKey: KEYS.one, prefix }],
      endpoints: origin.endpoints,
      initTimeoutMs: 500,
    })
    await online.started
    await expect.poll(() => origin.received.length).toBeGreaterThan(0)
    expect(origin.received.map(({ basis }) => basis)).toEqual(origin.received.map(() => undefined))
    // Serves the stored data until the service answers.
    expect((await ask(online, '/sdk/flags/a', one)).body).toMatchObject({ variations: ['one'] })
  })
})
