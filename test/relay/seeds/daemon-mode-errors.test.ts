import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { presets } from '../../../src/config/presets.ts'
import { redisStore } from '../../../src/store/redis/redis-store.ts'
import { put } from '../../support/origin.ts'
import { describeWithRedis, startRedis } from '../../support/redis-server.ts'
import type { Service } from '../../support/service.ts'
import { constant } from '../../support/stored.ts'
import { FORMS, runAsIn, startAsIn } from './document.ts'
import { detailsOf, ours, theirStore, theirs, valuesOf } from './sdks.ts'
import { healthOf, PRODUCTION, SpreeRedis, startSpree, TEST } from './spree.ts'

/** A relay that waits no longer than this for LaunchDarkly, and goes on without. */
const PATIENT = { INIT_TIMEOUT: '500ms', IGNORE_CONNECTION_ERRORS: '1' } as const

const [AGES, AT_ONCE] = [600, 0]

/** “How daemon mode behaves in error conditions” of LaunchDarkly's document: what is quoted is its text. */
describeWithRedis(
  'LaunchDarkly’s document of daemon mode: “How daemon mode behaves in error conditions”',
  () => {
    let redis: SpreeRedis
    beforeAll(async () => {
      redis = new SpreeRedis(await startRedis())
    })
    beforeEach(() => redis.server.as((client) => client.flushall()))
    afterAll(() => redis.server.stop())

    /** What a relay wrote while it could; it is gone, and LaunchDarkly cannot be reached any more. */
    const writeEarlier = async (service: Service): Promise<void> => {
      const earlier = await startAsIn('configuration file', redis.beside(service))
      await redis.filled()
      await earlier.stop()
      service.goAway()
    }

    // “Because the server-side SDKs do not make requests to the Relay Proxy in daemon mode, they have no way to know whether it
    // is currently connected to LaunchDarkly. The behavior of the SDKs depends only on whether the database contains data.”
    it('(S125) SDKs say the same whether the relay is connected, is not, or is gone', async () => {
      const service = await startSpree()
      const settings = { ...PATIENT, DISCONNECTED_STATUS_TIME: '0s' }
      const relay = await startAsIn('environment variables', redis.beside(service, settings))
      await redis.filled()
      const ourClient = ours(PRODUCTION.sdkKey, {
        dataSystem: presets.daemon(
          redisStore({ url: redis.server.url, prefix: PRODUCTION.prefix, cacheTTL: AT_ONCE }),
        ),
      })
      const [, theirClient] = await redis.readers(PRODUCTION, AT_ONCE)
      const everythingAnSdkCanSay = async (): Promise<unknown> => [
        await detailsOf([ourClient, theirClient], 'a'),
        await detailsOf([ourClient, theirClient], 'no-such-flag'),
        ourClient.availability,
        ourClient.status.current.state,
        ourClient.storeStatus?.current.state,
      ]
      const statusOfRelay = (): Promise<unknown> => healthOf(relay, 'Spree_Project_Production')
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
      '(S125) %s: a relay that never connects leaves SDKs what is there from an earlier time',
      async (form) => {
        const service = await startSpree()
        await writeEarlier(service)
        // Without IGNORE_CONNECTION_ERRORS: it has something to serve, which is reason enough to stay.
        const settings = { INIT_TIMEOUT: '10m', DISCONNECTED_STATUS_TIME: '0s' }
        const relay = await startAsIn(form, redis.beside(service, settings))
        await expect.poll(async () => (await relay.ask('/readyz')).status).toBe(200)
        const name = form === 'configuration file' ? 'Spree Project Test' : 'Spree_Project_Test'
        await expect.poll(() => healthOf(relay, name)).toEqual(['degraded', 'disconnected'])
        expect(await valuesOf(await redis.readers(PRODUCTION, AGES), 'a')).toEqual([
          'production',
          'production',
        ])
        expect(await valuesOf(await redis.readers(TEST, AGES), 'staff-only')).toEqual([true, true])
        expect((await relay.ask('/sdk/flags/a', TEST.sdkKey)).body).toEqual(constant('a', 1, 'test'))
      },
    )

    it('(S125) and so does one that finds what LaunchDarkly’s own software wrote', async () => {
      const service = await startSpree()
      const writer = await theirs(PRODUCTION.sdkKey, {
        baseUri: service.url,
        streamUri: service.url,
        dataSystem: {
          dataSource: { dataSourceOptionsType: 'standard' },
          persistentStore: theirStore(redis.server.port, PRODUCTION.prefix, 0),
        },
      })
      await redis.filled(PRODUCTION)
      writer.close()
      service.goAway()
      const relay = await startAsIn('environment variables', redis.beside(service, PATIENT))
      expect(await valuesOf(await redis.readers(PRODUCTION, AGES), 'a')).toEqual(['production', 'production'])
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
      await startAsIn('environment variables', redis.beside(service, PATIENT))
      const [oursOfAges, theirsOfAges] = await redis.readers(PRODUCTION, AGES)
      const [, theirsOfASecond] = await redis.readers(PRODUCTION, 1)
      const everybody = [oursOfAges, theirsOfASecond, theirsOfAges]
      expect(await valuesOf(everybody, 'a')).toEqual(['production', 'production', 'production'])
      service.comeBack()
      await expect
        .poll(() => redis.rows(`${PRODUCTION.prefix}:features`))
        .toHaveProperty('a', constant('a', 2, 'changed meanwhile'))
      // Ours is told of it, however long it would have believed what it read.
      await expect.poll(() => valuesOf([oursOfAges], 'a')).toEqual(['changed meanwhile'])
      await expect.poll(() => valuesOf([theirsOfASecond], 'a')).toEqual(['changed meanwhile'])
      expect(await valuesOf([theirsOfAges], 'a')).toEqual(['production'])
    })

    // “If the database does not yet contain any flag data, then the standard behavior of the server-side SDKs is for all flag
    // evaluations to return whatever value the application code specified as a fallback. If evaluation reasons are enabled, the
    // reason will be reported as a "client not ready" error.”
    // LaunchDarkly's own SDK for Node.js is not quite so: in daemon mode it takes itself for ready, and says FLAG_NOT_FOUND.
    it('(S125) without data in the database SDKs answer the fallback, ours because the client is not ready, until there is some', async () => {
      const service = await startSpree()
      service.goAway()
      const relay = await startAsIn('environment variables', redis.beside(service, PATIENT))
      const sdks = await redis.readers(PRODUCTION, AT_ONCE)
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

    it('(S125) with nothing in the database and no LaunchDarkly in time a relay ends, as LaunchDarkly’s does, unless it is told otherwise', async () => {
      const service = await startSpree()
      service.goAway()
      const { code, said } = await runAsIn(
        'configuration file',
        redis.beside(service, { INIT_TIMEOUT: '500ms' }),
      )
      expect([code, said]).toEqual([1, expect.stringContaining('IGNORE_CONNECTION_ERRORS=1, to keep trying')])
      expect(said).not.toMatch(/SPREE_\w+_SDK_KEY/)
    })
  },
)
