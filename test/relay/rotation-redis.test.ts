import { afterAll, beforeAll, expect, it } from 'vitest'
import { fingerprint } from '../../src/layout/sidecar.ts'
import { put } from '../support/origin.ts'
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis-server.ts'
import { constant } from '../support/stored.ts'
import { startKeyedService } from './keyed-service.ts'
import { ask, DEFAULTS, NOWHERE, start } from './starting.ts'

const [OLD, NEW] = ['sdk-old-7f3a', 'sdk-new-b102']

describeWithRedis('a rotation of keys with Redis', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.stop())

  const sidecarOf = async (prefix: string): Promise<Record<string, unknown>> =>
    JSON.parse((await redis.as((client) => client.get(`${prefix}:$halyard`))) ?? '{}') as Record<
      string,
      unknown
    >

  it('(S207.1) writes the sidecar again, so that a killed relay resumes with the new key alone', async () => {
    const service = await startKeyedService({ flags: { a: constant('a', 1, 'one') } }, [OLD, NEW])
    const environment = { name: 'test', sdkKey: OLD, prefix: 'rotated' }
    const store = { type: 'redis', url: redis.url, localTtlMs: 0 } as const
    const config = { ...DEFAULTS, store, endpoints: service.endpoints }
    const relay = await start({ ...config, environments: [environment] })
    await relay.started
    await expect.poll(() => sidecarOf('rotated')).toMatchObject({ keyFingerprint: fingerprint(OLD) })
    const { generation } = await sidecarOf('rotated')
    await relay.reload({
      ...config,
      environments: [{ ...environment, sdkKey: NEW, moreSdkKeys: [{ value: OLD }] }],
    })
    await expect
      .poll(() => sidecarOf('rotated'))
      .toMatchObject({ keyFingerprint: fingerprint(NEW), generation })
    const state = (await ask(relay, '/sdk/poll', { authorization: NEW })).body.events.at(-1).data
      .state as string

    // Another process, while the first one still runs, as after a kill without a close.
    const next = await start({
      ...config,
      endpoints: NOWHERE,
      environments: [{ ...environment, sdkKey: NEW }],
    })
    expect(await next.started).toEqual([])
    const { body } = await ask(next, `/sdk/poll?basis=${encodeURIComponent(state)}`, { authorization: NEW })
    expect(body.events[0].data.payloads[0].intentCode).toBe('none')

    service.change(put('a', 2, constant('a', 2, 'two')))
    await expect.poll(() => redis.as((client) => client.hget('rotated:features', 'a'))).toContain('"two"')
    expect(await sidecarOf('rotated')).toMatchObject({ keyFingerprint: fingerprint(NEW), generation })
  })
})
