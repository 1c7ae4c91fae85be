import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { presets } from '../../../src/config/presets.ts'
import { redisStore } from '../../../src/store/redis/redis-store.ts'
import { put } from '../../support/origin.ts'
import { describeWithRedis, startRedis } from '../../support/redis-server.ts'
import type { RunningRelay } from '../../support/relay-command.ts'
import { constant } from '../../support/stored.ts'
import { environment, startAsIn } from './document.ts'
import { detailsOf, ours, theirStore, theirs, valuesOf } from './sdks.ts'
import { healthOf, PRODUCTION, SpreeRedis, startSpree, TEST } from './spree.ts'

/** What LaunchDarkly's documents for SDKs say of the Relay Proxy; what is quoted is their text. */
describeWithRedis('LaunchDarkly’s documents for SDKs, where they speak of the Relay Proxy', () => {
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
  it('(S125) SDKs that have the addresses of a relay ask LaunchDarkly nothing', async () => {
    const service = await startSpree()
    const relay = await startAsIn('configuration file', redis.beside(service))
    await redis.filled()
    await expect.poll(() => healthOf(relay, 'Spree Project Test')).toEqual(['healthy', 'connected'])
    const asked = new Map(service.asked)
    const uris = { baseUri: relay.url, streamUri: relay.url }
    const standard = { dataSource: { dataSourceOptionsType: 'standard' } } as const
    const clients = [
      await theirs(sdkKey, uris),
      await theirs(sdkKey, { ...uris, dataSystem: standard }),
      ours(sdkKey, { ...uris, dataSystem: standard }),
      ours(sdkKey, { ...uris }),
    ]
    await expect.poll(() => valuesOf(clients, 'a')).toEqual(clients.map(() => 'production'))
    expect(service.asked).toEqual(asked)
  })

  // “To use the Relay Proxy in daemon mode, you must first configure your server-side SDK to use a persistent data store. The
  // SDK and the Relay Proxy must use the same data store.” “Then, you must configure your SDK to use daemon mode”
  it('(S125) daemon mode as the documents write it for Node.js, ours and LaunchDarkly’s, old form and new', async () => {
    await startAsIn('configuration file', redis.beside(await startSpree()))
    await redis.filled()
    const store = redisStore({
      redisOpts: { host: '127.0.0.1', port: redis.server.port },
      prefix,
      cacheTTL: 30,
    })
    const standard = { dataSourceOptionsType: 'standard' } as const
    const clients = [
      // “Set the featureStore property to use a persistent feature store. Then, set the useLdd property to configure daemon
      // mode”
      await theirs(sdkKey, { featureStore: theirStore(redis.server.port, prefix, 30), useLdd: true }),
      ours(sdkKey, { featureStore: store, useLdd: true }),
      // “if you use the persistentStore or useLDD option, these options are now part of the dataSystem option”
      await theirs(sdkKey, {
        dataSystem: {
          dataSource: standard,
          persistentStore: theirStore(redis.server.port, prefix, 30),
          useLdd: true,
        },
      }),
      ours(sdkKey, { dataSystem: { dataSource: standard, persistentStore: store, useLDD: true } }),
    ]
    expect(await valuesOf(clients, 'a')).toEqual(clients.map(() => 'production'))
    const elsewhere = redisStore({ url: redis.server.url, prefix: 'ld:spree:nowhere' })
    expect(await detailsOf([ours(sdkKey, { featureStore: elsewhere, useLdd: true })], 'a')).toEqual([
      ['fallback', 'CLIENT_NOT_READY'],
    ])
  })

  // “As long as the cache is fresh, evaluations will use the cache, even if the external database is unavailable. After the
  // cache expires, the SDK attempts to re-read from the database. If the database is unavailable, the SDK returns flag
  // fallback values.”
  it('(S125) a database that dies and comes back empty: caches, then fallbacks, and the relay fills it again', async () => {
    const own = new SpreeRedis(await startRedis())
    const service = await startSpree()
    const relay = await startAsIn('configuration file', own.beside(service))
    try {
      await own.filled()
      const cached = await own.readers(TEST, 600)
      const uncached = await own.readers(TEST, 0)
      const [oursUncached] = uncached
      expect(await valuesOf([...cached, ...uncached], 'a')).toEqual(['test', 'test', 'test', 'test'])
      await own.server.kill()
      expect(await valuesOf(cached, 'a')).toEqual(['test', 'test'])
      // LaunchDarkly's waits for Redis instead, for as long as it takes.
      expect(await valuesOf([oursUncached], 'a')).toEqual(['fallback'])
      // Who asks the relay notices nothing, and the relay goes on.
      service.change(TEST.sdkKey, put('a', 2, constant('a', 2, 'changed meanwhile')))
      await expect
        .poll(async () => (await relay.ask('/sdk/flags/a', TEST.sdkKey)).body)
        .toEqual(constant('a', 2, 'changed meanwhile'))
      await own.server.start()
      await own.filled()
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
  it('(S125) the official SDK in data saving mode takes everything from the relay once, and then only what differs', async () => {
    const service = await startSpree()
    const relay = await startAsIn('environment variables', redis.beside(service))
    await redis.filled()
    const uris = { baseUri: relay.url, streamUri: relay.url }
    const client = await theirs(sdkKey, {
      ...uris,
      dataSystem: { dataSource: { dataSourceOptionsType: 'standard' } },
    })
    expect(await valuesOf([client], 'staff-only')).toEqual([true])
    const { state } = (await poll(relay)).at(-1)?.data ?? {}
    service.change(sdkKey, put('a', 2, constant('a', 2, 'changed')))
    await expect.poll(() => valuesOf([client], 'a')).toEqual(['changed'])
    // What such an SDK is answered that comes again with the basis it has.
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
    const writer = ours(sdkKey, {
      endpoints,
      dataSystem: presets.persistentStore(redisStore({ url: redis.server.url, prefix })),
    })
    await redis.filled(PRODUCTION)
    const readers = await redis.readers(PRODUCTION, 1)
    expect(await valuesOf(readers, 'a')).toEqual(['production', 'production'])
    await writer.close()
    await startAsIn('configuration file', redis.beside(service))
    await redis.filled()
    service.change(sdkKey, put('a', 2, constant('a', 2, 'changed')))
    await expect.poll(() => valuesOf(readers, 'a')).toEqual(['changed', 'changed'])
  })
})

interface WireEvent {
  readonly event: string
  readonly data: Readonly<Record<string, unknown>>
}
