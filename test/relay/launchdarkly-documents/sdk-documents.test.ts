import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { presets } from '../../../src/config/presets.ts'
import { redisStore } from '../../../src/store/redis/redis-store.ts'
import { put } from '../../support/origin.ts'
import { describeWithRedis, startRedis } from '../../support/redis-server.ts'
import type { RunningRelay } from '../../support/relay-command.ts'
import { constant } from '../../support/stored.ts'
import { environment, startExample } from './document.ts'
import { detailsOf, halyardClient, officialClient, officialStore, valuesOf } from './sdks.ts'
import { PRODUCTION, SpreeRedis, startSpree, statusOf, TEST } from './spree.ts'

/** The sentences about the Relay Proxy in LaunchDarkly's documents for SDKs. Text in quotes is from the documents. */
describeWithRedis('LaunchDarkly’s documents for SDKs, about the Relay Proxy', () => {
  let redis: SpreeRedis
  beforeAll(async () => {
    redis = new SpreeRedis(await startRedis())
  })
  beforeEach(() => redis.server.as((client) => client.flushall()))
  afterAll(() => redis.server.stop())

  const { sdkKey, prefix } = PRODUCTION

  const poll = async (relay: RunningRelay, query = ''): Promise<readonly WireEvent[]> =>
    ((await relay.ask(`/sdk/poll${query}`, sdkKey)).body as { readonly events: readonly WireEvent[] }).events

  // “If you are using the Relay Proxy, you must configure the SDK so that it connects to the Relay Proxy for these services
  // instead.”
  it('(S125) SDKs with the addresses of a relay send no requests to LaunchDarkly', async () => {
    const service = await startSpree()
    const relay = await startExample('configuration file', redis.variables(service))
    await redis.waitForData()
    await expect.poll(() => statusOf(relay, 'Spree Project Test')).toEqual(['healthy', 'connected'])
    const asked = new Map(service.asked)
    const uris = { baseUri: relay.url, streamUri: relay.url }
    const standard = { dataSource: { dataSourceOptionsType: 'standard' } } as const
    const clients = [
      await officialClient(sdkKey, uris),
      await officialClient(sdkKey, { ...uris, dataSystem: standard }),
      halyardClient(sdkKey, { ...uris, dataSystem: standard }),
      halyardClient(sdkKey, { ...uris }),
    ]
    await expect.poll(() => valuesOf(clients, 'a')).toEqual(clients.map(() => 'production'))
    expect(service.asked).toEqual(asked)
  })

  // “To use the Relay Proxy in daemon mode, you must first configure your server-side SDK to use a persistent data store. The
  // SDK and the Relay Proxy must use the same data store.” “Then, you must configure your SDK to use daemon mode”
  it('(S125) daemon mode works with the options of the documents for Node.js, in the old and the new form, with both SDKs', async () => {
    await startExample('configuration file', redis.variables(await startSpree()))
    await redis.waitForData()
    const store = redisStore({
      redisOpts: { host: '127.0.0.1', port: redis.server.port },
      prefix,
      cacheTTL: 30,
    })
    const standard = { dataSourceOptionsType: 'standard' } as const
    const clients = [
      // “Set the featureStore property to use a persistent feature store. Then, set the useLdd property to configure daemon
      // mode”
      await officialClient(sdkKey, {
        featureStore: officialStore(redis.server.port, prefix, 30),
        useLdd: true,
      }),
      halyardClient(sdkKey, { featureStore: store, useLdd: true }),
      // “if you use the persistentStore or useLDD option, these options are now part of the dataSystem option”
      await officialClient(sdkKey, {
        dataSystem: {
          dataSource: standard,
          persistentStore: officialStore(redis.server.port, prefix, 30),
          useLdd: true,
        },
      }),
      halyardClient(sdkKey, { dataSystem: { dataSource: standard, persistentStore: store, useLDD: true } }),
    ]
    expect(await valuesOf(clients, 'a')).toEqual(clients.map(() => 'production'))
    const elsewhere = redisStore({ url: redis.server.url, prefix: 'ld:spree:nowhere' })
    expect(await detailsOf([halyardClient(sdkKey, { featureStore: elsewhere, useLdd: true })], 'a')).toEqual([
      ['fallback', 'CLIENT_NOT_READY'],
    ])
  })

  // “As long as the cache is fresh, evaluations will use the cache, even if the external database is unavailable. After the
  // cache expires, the SDK attempts to re-read from the database. If the database is unavailable, the SDK returns flag
  // fallback values.”
  it('(S125) while a database is down, SDKs use their caches, then fallback values; the relay rewrites it when it is back', async () => {
    const own = new SpreeRedis(await startRedis())
    const service = await startSpree()
    const relay = await startExample('configuration file', own.variables(service))
    try {
      await own.waitForData()
      const cached = await own.readers(TEST, 600)
      const uncached = await own.readers(TEST, 0)
      const [oursUncached] = uncached
      expect(await valuesOf([...cached, ...uncached], 'a')).toEqual(['test', 'test', 'test', 'test'])
      await own.server.kill()
      expect(await valuesOf(cached, 'a')).toEqual(['test', 'test'])
      // LaunchDarkly's SDK waits for Redis instead, without a limit.
      expect(await valuesOf([oursUncached], 'a')).toEqual(['fallback'])
      // Clients of the relay are not affected, and the relay continues.
      service.change(TEST.sdkKey, put('a', 2, constant('a', 2, 'changed meanwhile')))
      await expect
        .poll(async () => (await relay.ask('/sdk/flags/a', TEST.sdkKey)).body)
        .toEqual(constant('a', 2, 'changed meanwhile'))
      await own.server.start()
      await own.waitForData()
      expect(await own.rows(`${TEST.prefix}:segments`)).toEqual(environment('test').segments)
      const both = ['changed meanwhile', 'changed meanwhile']
      await expect.poll(() => valuesOf(uncached, 'a')).toEqual(both)
    } finally {
      await own.server.stop()
    }
  })

  // “Data saving mode is supported in the server-side SDKs listed below. It is also supported in the Relay Proxy.” “These
  // configuration changes include only the difference between the server-side SDK’s stored configuration and the latest
  // configuration in LaunchDarkly.”
  it('(S125) the official SDK in data saving mode receives one full payload from the relay, and then deltas', async () => {
    const service = await startSpree()
    const relay = await startExample('environment variables', redis.variables(service))
    await redis.waitForData()
    const uris = { baseUri: relay.url, streamUri: relay.url }
    const client = await officialClient(sdkKey, {
      ...uris,
      dataSystem: { dataSource: { dataSourceOptionsType: 'standard' } },
    })
    expect(await valuesOf([client], 'staff-only')).toEqual([true])
    const { state } = (await poll(relay)).at(-1)?.data ?? {}
    service.change(sdkKey, put('a', 2, constant('a', 2, 'changed')))
    await expect.poll(() => valuesOf([client], 'a')).toEqual(['changed'])
    // The answer to an SDK that reconnects with its basis.
    const events = await poll(relay, `?basis=${encodeURIComponent(String(state))}`)
    expect(events).toMatchObject([
      { event: 'server-intent', data: { payloads: [{ intentCode: 'xfer-changes' }] } },
      { event: 'put-object', data: { object: constant('a', 2, 'changed') } },
      { event: 'payload-transferred' },
    ])
  })

  it('(S125) “the Relay Proxy, or any other application that creates a SDK client with the same persistent store”: our client writes, and a relay takes over from it', async () => {
    const service = await startSpree()
    const endpoints = { polling: service.url, streaming: service.url }
    const writer = halyardClient(sdkKey, {
      endpoints,
      dataSystem: presets.persistentStore(redisStore({ url: redis.server.url, prefix })),
    })
    await redis.waitForData(PRODUCTION)
    const readers = await redis.readers(PRODUCTION, 1)
    expect(await valuesOf(readers, 'a')).toEqual(['production', 'production'])
    await writer.close()
    await startExample('configuration file', redis.variables(service))
    await redis.waitForData()
    service.change(sdkKey, put('a', 2, constant('a', 2, 'changed')))
    await expect.poll(() => valuesOf(readers, 'a')).toEqual(['changed', 'changed'])
  })
})

interface WireEvent {
  readonly event: string
  readonly data: Readonly<Record<string, unknown>>
}
