import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { presets } from '../../../src/config/presets.ts'
import { redisStore } from '../../../src/store/redis/redis-store.ts'
import { put } from '../../support/origin.ts'
import { describeWithRedis, startRedis } from '../../support/redis-server.ts'
import type { Service } from '../../support/service.ts'
import { constant } from '../../support/stored.ts'
import { FORMS, runExample, startExample } from './document.ts'
import { detailsOf, halyardClient, officialClient, officialStore, valuesOf } from './sdks.ts'
import { PRODUCTION, SpreeRedis, startSpree, statusOf, TEST } from './spree.ts'

/** A short limit on the wait for LaunchDarkly at the start. */
const SHORT_INIT_TIMEOUT = { INIT_TIMEOUT: '500ms', IGNORE_CONNECTION_ERRORS: '1' } as const

const [LONG_CACHE_S, NO_CACHE_S] = [600, 0]

/** “How daemon mode behaves in error conditions” of LaunchDarkly's document. Text in quotes is from the document. */
describeWithRedis(
  'LaunchDarkly’s document of daemon mode: “How daemon mode behaves in error conditions”',
  () => {
    let redis: SpreeRedis
    beforeAll(async () => {
      redis = new SpreeRedis(await startRedis())
    })
    beforeEach(() => redis.server.as((client) => client.flushall()))
    afterAll(() => redis.server.stop())

    /** Lets a relay write to the database. Afterwards the relay is closed, and LaunchDarkly cannot be reached. */
    const writeEarlier = async (service: Service): Promise<void> => {
      const earlier = await startExample('configuration file', redis.variables(service))
      await redis.waitForData()
      await earlier.stop()
      service.goAway()
    }

    // “Because the server-side SDKs do not make requests to the Relay Proxy in daemon mode, they have no way to know whether it
    // is currently connected to LaunchDarkly. The behavior of the SDKs depends only on whether the database contains data.”
    it('(S125) SDKs return the same results if the relay is connected, not connected, or closed', async () => {
      const service = await startSpree()
      const settings = { ...SHORT_INIT_TIMEOUT, DISCONNECTED_STATUS_TIME: '0s' }
      const relay = await startExample('environment variables', redis.variables(service, settings))
      await redis.waitForData()
      const ourClient = halyardClient(PRODUCTION.sdkKey, {
        dataSystem: presets.daemon(
          redisStore({ url: redis.server.url, prefix: PRODUCTION.prefix, cacheTTL: NO_CACHE_S }),
        ),
      })
      const [, theirClient] = await redis.readers(PRODUCTION, NO_CACHE_S)
      const everythingAnSdkCanSay = async (): Promise<unknown> => [
        await detailsOf([ourClient, theirClient], 'a'),
        await detailsOf([ourClient, theirClient], 'no-such-flag'),
        ourClient.availability,
        ourClient.status.current.state,
        ourClient.storeStatus?.current.state,
      ]
      const statusOfRelay = (): Promise<unknown> => statusOf(relay, 'Spree_Project_Production')
      await expect.poll(statusOfRelay).toEqual(['healthy', 'connected'])
      const connected = await everythingAnSdkCanSay()
      expect(connected).toEqual(
        expect.arrayContaining([
          [
            ['production', 'FALLTHROUGH'],
            ['production', 'FALLTHROUGH'],
          ],
        ]),
      )
      service.goAway()
      await expect.poll(statusOfRelay).toEqual(['degraded', 'disconnected'])
      expect(await everythingAnSdkCanSay()).toEqual(connected)
      await relay.stop()
      expect(await everythingAnSdkCanSay()).toEqual(connected)
    })

    // “If the Relay Proxy has not connected to LaunchDarkly successfully, but the database already contains flag data from some
    // earlier time when this or another instance of the Relay Proxy did connect to LaunchDarkly, then the SDKs will use that
    // data.”
    it.each(FORMS)(
      '(S125) %s: SDKs use data of an earlier time if the relay never connects',
      async (form) => {
        const service = await startSpree()
        await writeEarlier(service)
        // Without IGNORE_CONNECTION_ERRORS the relay continues, because it has data to serve.
        const settings = { INIT_TIMEOUT: '10m', DISCONNECTED_STATUS_TIME: '0s' }
        const relay = await startExample(form, redis.variables(service, settings))
        await expect.poll(async () => (await relay.ask('/readyz')).status).toBe(200)
        const name = form === 'configuration file' ? 'Spree Project Test' : 'Spree_Project_Test'
        await expect.poll(() => statusOf(relay, name)).toEqual(['degraded', 'disconnected'])
        expect(await valuesOf(await redis.readers(PRODUCTION, LONG_CACHE_S), 'a')).toEqual([
          'production',
          'production',
        ])
        expect(await valuesOf(await redis.readers(TEST, LONG_CACHE_S), 'staff-only')).toEqual([true, true])
        expect((await relay.ask('/sdk/flags/a', TEST.sdkKey)).body).toEqual(constant('a', 1, 'test'))
      },
    )

    it('(S125) the same applies to data that LaunchDarkly’s own software wrote', async () => {
      const service = await startSpree()
      const writer = await officialClient(PRODUCTION.sdkKey, {
        baseUri: service.url,
        streamUri: service.url,
        dataSystem: {
          dataSource: { dataSourceOptionsType: 'standard' },
          persistentStore: officialStore(redis.server.port, PRODUCTION.prefix, 0),
        },
      })
      await redis.waitForData(PRODUCTION)
      writer.close()
      service.goAway()
      const relay = await startExample('environment variables', redis.variables(service, SHORT_INIT_TIMEOUT))
      expect(await valuesOf(await redis.readers(PRODUCTION, LONG_CACHE_S), 'a')).toEqual([
        'production',
        'production',
      ])
      await expect
        .poll(async () => (await relay.ask('/sdk/flags/a', PRODUCTION.sdkKey)).body)
        .toEqual(constant('a', 1, 'production'))
    })

    // “If the Relay Proxy later succeeds in connecting to LaunchDarkly and receives current flag data, it will update the
    // database, and the SDKs will start using the updated data as soon as any previously read data expires out of their local
    // caches. The time to expiration is determined by the cache parameters in the SDK configuration.”
    it('(S125) a relay that connects later updates the database, and SDKs follow when their caches expire', async () => {
      const service = await startSpree()
      await writeEarlier(service)
      service.change(PRODUCTION.sdkKey, put('a', 2, constant('a', 2, 'changed meanwhile')))
      await startExample('environment variables', redis.variables(service, SHORT_INIT_TIMEOUT))
      const [halyardWithCache, officialWithCache] = await redis.readers(PRODUCTION, LONG_CACHE_S)
      const [, theirsOfASecond] = await redis.readers(PRODUCTION, 1)
      const everybody = [halyardWithCache, theirsOfASecond, officialWithCache]
      expect(await valuesOf(everybody, 'a')).toEqual(['production', 'production', 'production'])
      service.comeBack()
      await expect
        .poll(() => redis.rows(`${PRODUCTION.prefix}:features`))
        .toHaveProperty('a', constant('a', 2, 'changed meanwhile'))
      // Halyard's client is notified, whatever its cache time is.
      await expect.poll(() => valuesOf([halyardWithCache], 'a')).toEqual(['changed meanwhile'])
      await expect.poll(() => valuesOf([theirsOfASecond], 'a')).toEqual(['changed meanwhile'])
      expect(await valuesOf([officialWithCache], 'a')).toEqual(['production'])
    })

    // “If the database does not yet contain any flag data, then the standard behavior of the server-side SDKs is for all flag
    // evaluations to return whatever value the application code specified as a fallback. If evaluation reasons are enabled, the
    // reason will be reported as a "client not ready" error.”
    // LaunchDarkly's own SDK for Node.js differs: it is always ready in daemon mode, and the reason is FLAG_NOT_FOUND.
    it('(S125) without data in the database SDKs return the fallback value until there is data; Halyard’s reason is CLIENT_NOT_READY', async () => {
      const service = await startSpree()
      service.goAway()
      const relay = await startExample('environment variables', redis.variables(service, SHORT_INIT_TIMEOUT))
      const sdks = await redis.readers(PRODUCTION, NO_CACHE_S)
      for (const key of ['a', 'no-such-flag']) {
        expect(await detailsOf(sdks, key)).toEqual([
          ['fallback', 'CLIENT_NOT_READY'],
          ['fallback', 'FLAG_NOT_FOUND'],
        ])
      }
      expect((await relay.ask('/readyz')).status).toBe(503)
      service.comeBack()
      await expect.poll(() => valuesOf(sdks, 'a')).toEqual(['production', 'production'])
    })

    it('(S125) without data and without LaunchDarkly a relay exits, as LaunchDarkly’s does, unless its configuration disables that', async () => {
      const service = await startSpree()
      service.goAway()
      const { code, output } = await runExample(
        'configuration file',
        redis.variables(service, { INIT_TIMEOUT: '500ms' }),
      )
      expect([code, output]).toEqual([
        1,
        expect.stringContaining('IGNORE_CONNECTION_ERRORS=1, to keep trying'),
      ])
      expect(output).not.toMatch(/SPREE_\w+_SDK_KEY/)
    })
  },
)
