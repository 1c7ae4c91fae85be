import { init } from '@launchdarkly/node-server-sdk'
import { RedisBigSegmentStore } from '@launchdarkly/node-server-sdk-redis'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { createClient } from '../../../src/client/create-client.ts'
import { presets } from '../../../src/config/presets.ts'
import type { RelayServer } from '../../../src/relay/relay.ts'
import { redisBigSegmentStore } from '../../../src/store/redis/redis-store.ts'
import { notes } from '../../client/starting.ts'
import { openStream } from '../../server/raw-http.ts'
import { SDK_KEY } from '../../support/engine.ts'
import { describeWithRedis, type RedisServer, startRedis } from '../../support/redis-server.ts'
import { freshPrefix } from '../../support/store-writes.ts'
import { base64, ENV_ID, ENVIRONMENT } from '../client-side/starting.ts'
import { ALL, askOfrep, flagsOf, openStream as openOfrepStream, streamOf } from '../ofrep/asking.ts'
import { ask, keyed } from '../starting.ts'
import { inRedis, startBigSegmentRelay, startService, waiting } from './big-segment-relay.ts'

describeWithRedis('clients of a relay that keeps big segments in Redis', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server?.stop())

  const evaluated = async (relay: RelayServer, key: string, query = ''): Promise<unknown> => {
    const path = `/sdk/evalx/contexts/${base64({ kind: 'user', key })}${query}`
    return (await ask(relay, path, keyed)).body['in-beta']
  }

  it('(BS10.3) evaluates with the members, and with a change as soon as it is written', async () => {
    const service = await startService()
    const { bigSegments: patches } = service.origin
    patches.change('beta.g2', { included: { add: ['ada'] } })
    const { relay, bigSegments } = await startBigSegmentRelay(service, inRedis(server.url, freshPrefix()))
    await expect.poll(() => bigSegments()?.state, waiting).toBe('synchronized')
    await expect
      .poll(() => evaluated(relay, 'ada', '?withReasons=true'), waiting)
      .toMatchObject({
        value: true,
        reason: { kind: 'RULE_MATCH', ruleIndex: 0, ruleId: 'r', bigSegmentsStatus: 'HEALTHY' },
      })
    expect(await evaluated(relay, 'bob')).toMatchObject({ value: false })
    const written = bigSegments()?.patches ?? 0
    patches.change('beta.g2', { included: { add: ['bob'], remove: ['ada'] } })
    await expect.poll(() => bigSegments()?.patches, waiting).toBe(written + 1)
    // Both memberships were cached for 5 s.
    expect(await evaluated(relay, 'ada')).toMatchObject({ value: false })
    expect(await evaluated(relay, 'bob')).toMatchObject({ value: true })
  })

  it('(BS10.4) sends a ping to clients that see a flag with a changed big segment', async () => {
    const service = await startService()
    const { bigSegments: patches, data } = service.origin
    const { store } = inRedis(server.url, freshPrefix())
    const environments = [{ ...ENVIRONMENT, prefix: freshPrefix() }]
    const { relay, bigSegments } = await startBigSegmentRelay(service, {
      ...(store && { store }),
      environments,
    })
    await expect.poll(() => bigSegments()?.state, waiting).toBe('synchronized')
    const stream = await openStream(`${relay.url}/ping/${ENV_ID}`)
    const pings = (): number => stream.text().split('event: ping').length - 1
    await expect.poll(pings, waiting).toBe(1)
    patches.change('other.g1', { included: { add: ['ada'] } })
    await expect.poll(() => bigSegments()?.patches, waiting).toBe(1)
    patches.change('beta.g2', { included: { add: ['ada'] } })
    await expect.poll(pings, waiting).toBe(2)
    const path = `/sdk/evalx/${ENV_ID}/contexts/${base64({ kind: 'user', key: 'ada' })}`
    expect((await ask(relay, path)).body['in-beta']).toMatchObject({ value: true })
    // The ping of a later change of data proves that the first patch caused none.
    data.flagValue('unseen', 1)
    await expect.poll(() => relay.view.environments[0]?.holds.flags, waiting).toBe(2)
    expect(pings()).toBe(2)
  })

  it('(RO1.6, RO7.1) evaluates for OFREP with the members, and reports their changes', async () => {
    const service = await startService()
    const { bigSegments: patches } = service.origin
    const { store } = inRedis(server.url, freshPrefix())
    const environments = [{ ...ENVIRONMENT, prefix: freshPrefix() }]
    const { relay, bigSegments } = await startBigSegmentRelay(service, {
      ...(store && { store }),
      environments,
    })
    await expect.poll(() => bigSegments()?.state, waiting).toBe('synchronized')
    const headers = { 'x-api-key': ENV_ID }
    const context = { targetingKey: 'ada' }
    const value = async (): Promise<unknown> =>
      (await askOfrep(relay, { path: `${ALL}/in-beta`, headers, context })).body.value
    const all = await askOfrep(relay, { headers, context })
    const stream = await openOfrepStream(relay, streamOf(all))
    await expect.poll(() => stream.ids, waiting).toHaveLength(1)
    expect([flagsOf(all)['in-beta'].value, await value()]).toEqual([false, false])
    patches.change('beta.g2', { included: { add: ['ada'] } })
    await expect.poll(() => stream.ids, waiting).toHaveLength(2)
    expect(await value()).toBe(true)
    const again = await askOfrep(relay, {
      headers: { ...headers, 'if-none-match': String(all.headers.etag) },
      context,
    })
    expect([again.status, flagsOf(again)['in-beta'].value]).toEqual([200, true])
    // A client that has only the first event receives the second one.
    const [first = '', second = ''] = stream.ids
    expect(first).not.toBe(second)
    const resumed = await openOfrepStream(relay, streamOf(all), { 'last-event-id': first })
    await expect.poll(() => resumed.ids, waiting).toEqual([second])
  })

  it('(BS7.1, S30) clients of Halyard and of the official SDK read what the relay wrote', async () => {
    const prefix = freshPrefix()
    const service = await startService()
    const { bigSegments: patches } = service.origin
    patches.change('beta.g2', { included: { add: ['ada'] }, excluded: { add: ['bob'] } })
    const { relay, bigSegments } = await startBigSegmentRelay(service, inRedis(server.url, prefix))
    await expect.poll(() => bigSegments()?.state, waiting).toBe('synchronized')

    const { logger } = notes()
    const endpoints = { polling: relay.url, streaming: relay.url }
    const ours = createClient(SDK_KEY, {
      dataSystem: presets.default(),
      endpoints,
      logger,
      bigSegments: { store: redisBigSegmentStore({ url: server.url, prefix }), userCacheTimeMs: 1 },
    })
    onTestFinished(() => ours.close())
    const theirs = init(SDK_KEY, {
      baseUri: relay.url,
      streamUri: relay.url,
      sendEvents: false,
      logger,
      bigSegments: {
        store: RedisBigSegmentStore({ redisOpts: { host: '127.0.0.1', port: server.port }, prefix }),
        userCacheTime: 0.001,
      },
    })
    onTestFinished(() => theirs.close())
    await Promise.all([
      ours.waitForInitialization({ timeoutMs: 60_000 }),
      theirs.waitForInitialization({ timeout: 60 }),
    ])

    const answers = async (key: string): Promise<unknown[]> => {
      const context = { kind: 'user', key }
      const details = [ours, theirs].map((client) => client.boolVariationDetail('in-beta', context, false))
      return (await Promise.all(details)).map(({ value, reason }) => [value, reason.bigSegmentsStatus])
    }
    expect(await answers('ada')).toEqual([
      [true, 'HEALTHY'],
      [true, 'HEALTHY'],
    ])
    expect(await answers('bob')).toEqual([
      [false, 'HEALTHY'],
      [false, 'HEALTHY'],
    ])
    patches.change('beta.g2', { included: { add: ['bob'], remove: ['ada'] }, excluded: { remove: ['bob'] } })
    await expect
      .poll(() => answers('bob'), waiting)
      .toEqual([
        [true, 'HEALTHY'],
        [true, 'HEALTHY'],
      ])
    expect(await answers('ada')).toEqual([
      [false, 'HEALTHY'],
      [false, 'HEALTHY'],
    ])
  })
})
