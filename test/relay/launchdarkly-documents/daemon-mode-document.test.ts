import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { presets } from '../../../src/config/presets.ts'
import { redisStore } from '../../../src/store/redis/redis-store.ts'
import { put } from '../../support/origin.ts'
import { describeWithRedis, startRedis } from '../../support/redis-server.ts'
import type { RunningRelay } from '../../support/relay-command.ts'
import { constant } from '../../support/stored.ts'
import { environment, FORMS, type Settings, startExample } from './document.ts'
import { halyardClient, officialClient, officialStore, valuesOf } from './sdks.ts'
import { PRODUCTION, SpreeRedis, startSpree, TEST } from './spree.ts'

/*
 * LaunchDarkly's document "LaunchDarkly Relay Proxy - Daemon mode", sentence by sentence. Text in quotes is from the document. Its
 * examples are unchanged; variables replace localhost:6379 by another port, and have the address
 * of the service. Its sentences about errors are in daemon-mode-errors.test.ts, those about other databases in
 * daemon-mode-databases.test.ts.
 */
describeWithRedis('LaunchDarkly’s document of daemon mode, followed with halyard relay', () => {
  let redis: SpreeRedis
  beforeAll(async () => {
    redis = new SpreeRedis(await startRedis())
  })
  beforeEach(() => redis.server.as((client) => client.flushall()))
  afterAll(() => redis.server.stop())

  // “In this example, the persistent store is in Redis. To set up the Relay Proxy in this mode, provide a Redis host and
  // port, and supply a Redis key prefix for each environment in your configuration”
  it.each(FORMS)('(S125) the %s of the document runs unchanged', async (form) => {
    const service = await startSpree()
    const relay = await startExample(form, redis.variables(service))
    await redis.waitForData()
    for (const [place, value] of [
      [PRODUCTION, 'production'],
      [TEST, 'test'],
    ] as const) {
      const { flags, segments } = environment(value)
      expect(await redis.rows(`${place.prefix}:features`)).toEqual(flags)
      expect(await redis.rows(`${place.prefix}:segments`)).toEqual(segments)
      // “You will then need to configure your SDK to connect to Redis directly.”
      const sdks = await redis.readers(place, 30)
      expect(await valuesOf(sdks, 'a')).toEqual([value, value])
      expect(await valuesOf(sdks, 'staff-only')).toEqual([true, true])
    }
    // Each environment was requested with its own key.
    expect(new Set(service.asked.keys())).toEqual(new Set([PRODUCTION.sdkKey, TEST.sdkKey]))
    expect(await relay.stop()).toBe(0)
  })

  it('(S125) the rows under a prefix are those that LaunchDarkly’s own SDK writes', async () => {
    const service = await startSpree()
    await startExample('configuration file', redis.variables(service))
    await officialClient(PRODUCTION.sdkKey, {
      baseUri: service.url,
      streamUri: service.url,
      dataSystem: {
        dataSource: { dataSourceOptionsType: 'standard' },
        persistentStore: officialStore(redis.server.port, 'theirs', 0),
      },
    })
    await redis.waitForData(PRODUCTION, { prefix: 'theirs' })
    for (const name of ['features', 'segments']) {
      expect(await redis.rows(`${PRODUCTION.prefix}:${name}`)).toEqual(await redis.rows(`theirs:${name}`))
    }
    const named = (prefix: string): Promise<[names: string[], marker: string | null]> =>
      redis.server.as(async (client) => {
        const keys = await client.keys(`${prefix}:*`)
        const names = keys
          .map((key) => key.slice(prefix.length))
          .filter((name) => !name.startsWith(':$halyard'))
        return [names.toSorted(), await client.get(`${prefix}:$inited`)]
      })
    expect(await named(PRODUCTION.prefix)).toEqual(await named('theirs'))
  })

  // “Optionally, you can configure our SDKs to communicate directly to a persistent store. If you do this, there is no need
  // to put a load balancer in front of the Relay Proxy.”
  it('(S125) SDKs in daemon mode send requests neither to LaunchDarkly nor to the relay, and need no relay', async () => {
    const relay = await startExample('configuration file', redis.variables(await startSpree()))
    await redis.waitForData()
    const trap = await startTrap()
    const { sdkKey, prefix } = PRODUCTION
    const sdks = [
      halyardClient(sdkKey, {
        dataSystem: presets.daemon(redisStore({ url: redis.server.url, prefix })),
        endpoints: { polling: trap.url, streaming: trap.url },
      }),
      await officialClient(sdkKey, {
        baseUri: trap.url,
        streamUri: trap.url,
        featureStore: officialStore(redis.server.port, prefix, 0),
        useLdd: true,
      }),
    ]
    expect(await valuesOf(sdks, 'a')).toEqual(['production', 'production'])
    expect(await relay.stop()).toBe(0)
    expect(await valuesOf(sdks, 'staff-only')).toEqual([true, true])
    // “We call this configuration daemon mode. This is the preferred way to use LaunchDarkly with PHP, because there's no way
    // to maintain persistent stream connections in PHP.” These are its requests to Redis for each request that it serves.
    const text = await redis.server.as((client) => client.hget(`${prefix}:features`, 'a'))
    expect(JSON.parse(text ?? '')).toEqual(constant('a', 1, 'production'))
    expect(trap.requests).toBe(0)
  })

  // “Using daemon mode does not prevent you from also using proxy mode at the same time, for SDKs that cannot connect to a
  // database (such as mobile SDKs).” Mobile SDKs are not served; docs/relay.md says so.
  it('(S125) an SDK that connects to the relay and one that reads the database receive the same change', async () => {
    const service = await startSpree()
    const relay = await startExample('environment variables', redis.variables(service))
    await redis.waitForData()
    const uris = { baseUri: relay.url, streamUri: relay.url }
    const endpoints = { polling: relay.url, streaming: relay.url }
    const everybody = [
      ...(await redis.readers(TEST, 0)),
      halyardClient(TEST.sdkKey, { dataSystem: presets.default(), endpoints }),
      await officialClient(TEST.sdkKey, {
        ...uris,
        dataSystem: { dataSource: { dataSourceOptionsType: 'standard' } },
      }),
      await officialClient(TEST.sdkKey, uris),
    ]
    const all = (value: string): string[] => everybody.map(() => value)
    await expect.poll(() => valuesOf(everybody, 'a')).toEqual(all('test'))
    service.change(TEST.sdkKey, put('a', 2, constant('a', 2, 'changed')))
    await expect.poll(() => valuesOf(everybody, 'a')).toEqual(all('changed'))
    expect(await valuesOf(await redis.readers(PRODUCTION, 0), 'a')).toEqual(['production', 'production'])
  })

  // “The localTtl/CACHE_TTL parameter controls the length of time that the Relay Proxy will cache data in memory so that
  // feature flag requests do not always hit the database”
  describe('the time for which a relay caches rows of the database', () => {
    /** Starts a relay that cannot reach LaunchDarkly and has only the database. */
    const startWithDatabaseAlone = async (more: Settings): Promise<RunningRelay> => {
      const service = await startSpree()
      const first = await startExample('environment variables', redis.variables(service))
      await redis.waitForData()
      await first.stop()
      service.goAway()
      // Without the sidecar, a relay cannot resume, as after a write by LaunchDarkly's Relay Proxy.
      await redis.server.as((client) => client.del(`${PRODUCTION.prefix}:$halyard`))
      const settings = redis.variables(service, {
        INIT_TIMEOUT: '500ms',
        IGNORE_CONNECTION_ERRORS: '1',
        ...more,
      })
      const relay = await startExample('environment variables', settings)
      await expect.poll(async () => (await relay.ask('/readyz')).status).toBe(200)
      return relay
    }

    const overwrite = (value: string): Promise<unknown> =>
      redis.server.as((client) =>
        client.hset(`${PRODUCTION.prefix}:features`, 'a', JSON.stringify(constant('a', 9, value))),
      )

    const reads = (): Promise<string[] | null> =>
      redis.server.as(async (client) =>
        (await client.info('commandstats')).match(/cmdstat_(?:hget|hgetall|hmget):calls=\d+/g),
      )

    it('(S125) with 30s, the value of the document, 50 requests cause no read of the database', async () => {
      const relay = await startWithDatabaseAlone({})
      const before = await reads()
      expect(before).toContainEqual(expect.stringContaining('hgetall'))
      await overwrite('another')
      for (let request = 0; request < 50; request++) {
        const { body } = await relay.ask('/sdk/flags/a', PRODUCTION.sdkKey)
        expect(body).toEqual(constant('a', 1, 'production'))
      }
      expect(await reads()).toEqual(before)
    })

    it('(S125) with 1s, a change by another writer is served after about a second', async () => {
      const relay = await startWithDatabaseAlone({ CACHE_TTL: '1s' })
      await overwrite('another')
      await expect
        .poll(async () => (await relay.ask('/sdk/flags/a', PRODUCTION.sdkKey)).body)
        .toEqual(constant('a', 9, 'another'))
    })
  })
})

interface Trap {
  readonly url: string
  readonly requests: number
}

/** Counts connections. */
async function startTrap(): Promise<Trap> {
  let requests = 0
  const http = createServer((_request, response) => {
    requests++
    response.writeHead(500).end()
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void http.close())
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    get requests() {
      return requests
    },
  }
}
