import { afterAll, beforeAll, expect, it, test } from 'vitest'
import { decodeRow } from '../../src/layout/row.ts'
import type { ItemKind } from '../../src/model/change-set.ts'
import { LiveStream, startOrigin } from '../support/origin.ts'
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis-server.ts'
import { createRequest } from './create-request.ts'
import { planOf } from './plan.ts'
import { fixed, type RemoteClient, script, startSuite, streaming } from './suite.ts'

const value = async (client: RemoteClient, flagKey: string): Promise<unknown> => {
  const context = { kind: 'user', key: 'u' }
  const evaluate = { flagKey, context, valueType: 'any', defaultValue: 'default' }
  return ((await client.command('evaluate', evaluate)) as { readonly value: unknown }).value
}

test.each([
  [{ mode: 'off' }, 0],
  [{ mode: 'ttl', ttl: 5 }, 5_000],
  [{ mode: 'infinite', ttl: null }, Infinity],
])('a cache of %j is believed for %d ms', (cache, cacheTtlMs) => {
  for (const [type, dsn] of [
    ['redis', 'redis://127.0.0.1:6379'],
    ['redis', '127.0.0.1:6379'],
    ['dynamodb', 'http://127.0.0.1:8000'],
    ['consul', '127.0.0.1:8500'],
  ]) {
    const persistentDataStore = { store: { type, prefix: 'p', dsn }, cache }
    const dataSystem = { store: { persistentDataStore }, storeMode: 1 }
    const { configuration } = createRequest.parse({ configuration: { credential: 'k', dataSystem } })
    expect(planOf(configuration)).toMatchObject({
      store: { type, prefix: 'p', cacheTtlMs },
      storeMode: 'read-write',
    })
  }
})

describeWithRedis('the service on Redis', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.stop())

  const store = (prefix: string, cache: object = { mode: 'off', ttl: null }) => ({
    persistentDataStore: { store: { type: 'redis', prefix, dsn: redis.url }, cache },
  })
  const put = (prefix: string, version: number, variation: string) =>
    redis.as((client) =>
      client.hset(`${prefix}:features`, 'a', JSON.stringify({ ...fixed('a', variation), version })),
    )
  const mark = (prefix: string) => redis.as((client) => client.set(`${prefix}:$inited`, ''))
  const held = async (prefix: string, kind: ItemKind = 'flag'): Promise<number | undefined> => {
    const text = await redis.as((client) => client.hget(`${prefix}:features`, 'a'))
    const decoded = text === null ? undefined : decodeRow({ kind, key: 'a', text })
    return decoded?.type === 'item' ? decoded.item.version : undefined
  }

  it('is ready at once in daemon mode, without a marker, and sees every change', async () => {
    const suite = await startSuite()
    const client = await suite.client({ store: store('daemon') })
    expect(await value(client, 'a')).toBe('default')
    await put('daemon', 1, 'one')
    expect(await value(client, 'a')).toBe('one')
    await put('daemon', 2, 'two')
    expect(await value(client, 'a')).toBe('two')
  })

  it('sees every change in daemon mode without a cache, and none with an infinite one', async () => {
    const suite = await startSuite()
    await put('infinite', 1, 'one')
    const client = await suite.client({ store: store('infinite', { mode: 'infinite' }) })
    expect(await value(client, 'a')).toBe('one')
    await put('infinite', 2, 'two')
    expect(await value(client, 'a')).toBe('one')
  })

  it('uses the marker until the first payload, and memory afterwards', async () => {
    const suite = await startSuite()
    const origin = await startOrigin()
    const stream = new LiveStream([])
    origin.stream.always(stream.answer)
    await put('gate', 100, 'stored')
    const client = await suite.client(
      { store: store('gate'), storeMode: 1, synchronizers: [streaming(origin.url)] },
      { startWaitTimeMs: 1, initCanFail: true },
    )
    expect(await value(client, 'a')).toBe('default')
    await mark('gate')
    expect(await value(client, 'a')).toBe('stored')
    await origin.until(() => origin.stream.received.length === 1, 'a stream')
    stream.send(script(fixed('a', 'streamed')))
    await expect.poll(() => value(client, 'a')).toBe('streamed')
    await expect.poll(() => held('gate')).toBe(fixed('a', 'streamed').version)
    await put('gate', 200, 'edited')
    expect(await value(client, 'a')).toBe('streamed')
  })

  it('never writes with mode 0', async () => {
    const suite = await startSuite()
    const origin = await startOrigin()
    origin.stream.always(new LiveStream(script(fixed('a', 'streamed'))).answer)
    const client = await suite.client({
      store: store('read'),
      storeMode: 0,
      synchronizers: [streaming(origin.url)],
    })
    expect(await value(client, 'a')).toBe('streamed')
    await client.close()
    expect(await redis.as((other) => other.keys('read*'))).toEqual([])
  })
})
