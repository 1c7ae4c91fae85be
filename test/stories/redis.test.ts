import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { createClient } from '../../src/client/create-client.ts'
import type { FlagClient } from '../../src/client/flag-client.ts'
import type { DataSystemConfig } from '../../src/config/config.ts'
import { presets } from '../../src/config/presets.ts'
import { redisStore } from '../../src/store/redis/redis-store.ts'
import { body, delta, full, LiveStream, none, type Origin, put, startOrigin } from '../support/origin.ts'
import { describeWithRedis, eventually, type RedisServer, startRedis } from '../support/redis-server.ts'
import { constant } from '../support/stored.ts'

const USER = { kind: 'user', key: 'u-1' } as const
const silent = { debug() {}, info() {}, warn() {}, error() {} }

const flag = (key: string, version: number, value: unknown) =>
  put(key, version, constant(key, version, value))

describeWithRedis('a service, a Redis and its readers', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.stop())

  const start = (dataSystem: DataSystemConfig, origin?: Origin): FlagClient => {
    const endpoints = origin && { polling: origin.url, streaming: origin.url }
    const client = createClient('sdk-key', {
      dataSystem,
      sendEvents: false,
      logger: silent,
      ...(endpoints && { endpoints }),
    })
    onTestFinished(() => client.close())
    return client
  }
  const store = (prefix: string) => redisStore({ url: redis.url, prefix })
  const stored = (prefix: string, key: string) => redis.as((client) => client.hget(`${prefix}:features`, key))

  it('(D15, D18) writes data of the service, and notifies readers in daemon mode at once', async () => {
    const origin = await startOrigin()
    const stream = new LiveStream([])
    origin.poll.always(body(full('s1', flag('a', 1, 'one'), flag('b', 1, 'b'))))
    origin.stream.always(stream.answer)
    const writer = start(presets.persistentStore(store('push')), origin)
    await writer.waitForInitialization()
    await eventually(async () => (await stored('push', 'a')) !== null)
    const reader = start(presets.daemon(store('push')))
    expect(await reader.variation('a', USER, 'fallback')).toBe('one')
    const changed = new Promise((resolve) => {
      reader.onValueChange('a', USER, 'fallback', resolve)
    })
    await origin.until(() => origin.stream.received.length === 1, 'a stream')
    stream.send(delta('s2', flag('a', 2, 'two')))
    expect(await changed).toEqual({ key: 'a', oldValue: 'one', newValue: 'two' })
    expect(await reader.variation('b', USER, 'fallback')).toBe('b')
  })

  it('(D16) requests later changes after a restart, and serves stored data meanwhile', async () => {
    const origin = await startOrigin()
    origin.poll.always(body(full('s1', flag('a', 1, 'one'))))
    origin.stream.always(new LiveStream([]).answer)
    const first = start(presets.persistentStore(store('warm')), origin)
    await first.waitForInitialization()
    await first.close()
    const again = await startOrigin()
    again.stream.always(new LiveStream(none('s1')).answer)
    const second = start(presets.persistentStore(store('warm')), again)
    await second.waitForInitialization()
    expect(await second.variation('a', USER, 'fallback')).toBe('one')
    await second.waitForInitialization({ minimum: 'refreshed' })
    expect(again.poll.received).toHaveLength(0)
    expect(again.stream.received.map(({ basis }) => basis)).toEqual(['s1'])
  })

  it('(D15) writes all data again to a Redis that restarted empty, without an effect on evaluation', async () => {
    const own = await startRedis()
    onTestFinished(() => own.stop())
    const origin = await startOrigin()
    const stream = new LiveStream([])
    origin.poll.always(body(full('s1', flag('a', 1, 'one'), flag('b', 1, 'b'))))
    origin.stream.always(stream.answer)
    const client = start(presets.persistentStore(redisStore({ url: own.url })), origin)
    await client.waitForInitialization()
    await origin.until(() => origin.stream.received.length === 1, 'a stream')
    await own.kill()
    stream.send(delta('s2', flag('a', 2, 'two')))
    await expect.poll(() => client.variation('a', USER, 'fallback')).toBe('two')
    await expect.poll(() => client.storeStatus?.current.state).toBe('unavailable')
    await own.start()
    const all = (): Promise<string[]> => own.as((other) => other.hkeys('launchdarkly:features'))
    await eventually(async () => (await all()).length === 2)
    expect(client.storeStatus?.current.state).toBe('available')
  })
})
