import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { bigSegmentHash } from '../../../src/big-segments/big-segments.ts'
import { fail } from '../../../src/testing/index.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import { SDK_KEY } from '../../support/engine.ts'
import { describeWithRedis, type RedisServer, startRedis } from '../../support/redis-server.ts'
import { freshPrefix } from '../../support/store-writes.ts'
import { base64 } from '../client-side/starting.ts'
import { ask, DEFAULTS, keyed } from '../starting.ts'
import { inRedis, startBigSegmentRelay, startService, waiting } from './big-segment-relay.ts'

/** Advances virtual time until the condition holds, slowly, because real I/O takes place in between and has time limits. */
async function advanceUntil(clock: VirtualClock, holds: () => unknown): Promise<void> {
  await expect
    .poll(async () => {
      await clock.advance(200)
      return holds()
    }, waiting)
    .toBeTruthy()
}

describeWithRedis('faults while a relay synchronizes big segments in Redis', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server?.stop())

  const version = (prefix: string, redis = server): Promise<string | null> =>
    redis.as((client) => client.get(`${prefix}:big_segments_cursor`))

  /** Returns the references that include a context. */
  const including = (prefix: string, key: string, redis = server): Promise<string[]> =>
    redis.as((client) => client.smembers(`${prefix}:big_segment_include:${bigSegmentHash(key)}`))

  it('(BS8.5, BS8.8) writes all members again to a Redis that was killed and restarted empty', async () => {
    const own = await startRedis()
    onTestFinished(() => own.stop())
    const clock = new VirtualClock(1_700_000_000_000)
    const service = await startService()
    const { bigSegments: patches } = service.origin
    patches.change('beta.g2', { included: { add: ['ada'] } })
    const started = await startBigSegmentRelay(service, inRedis(own.url, 'one'), { clock })
    await advanceUntil(clock, () => started.bigSegments()?.state === 'synchronized')
    await own.kill()
    patches.change('beta.g2', { included: { add: ['bob'] } })
    await advanceUntil(clock, () => started.bigSegments()?.state === 'waiting')
    await advanceUntil(clock, () => started.bigSegments()?.available === false)
    await own.start()
    await advanceUntil(clock, () => started.bigSegments()?.state === 'synchronized')
    expect(await version('one', own)).toBe('v2')
    expect([await including('one', 'ada', own), await including('one', 'bob', own)]).toEqual([
      ['beta.g2'],
      ['beta.g2'],
    ])
    expect(started.log.filter((line) => line.includes('not synchronized'))).not.toEqual([])
  })

  it('(BS8.5) writes a large patch completely, although Redis is killed in the middle', async () => {
    const own = await startRedis({ save: '3600 1', appendonly: 'yes', appendfsync: 'always' })
    onTestFinished(() => own.stop())
    const clock = new VirtualClock(1_700_000_000_000)
    const service = await startService()
    const { bigSegments: patches } = service.origin
    const keys = Array.from({ length: 60_000 }, (_, index) => `key-${index}`)
    const { bigSegments } = await startBigSegmentRelay(service, inRedis(own.url, 'one'), { clock })
    await advanceUntil(clock, () => bigSegments()?.state === 'synchronized')
    patches.change('beta.g2', { included: { add: keys } })
    const stored = (): Promise<number> =>
      own.as(async (client) => (await client.keys('one:big_segment_include:*')).length)
    await expect.poll(stored, { ...waiting, interval: 1 }).toBeGreaterThan(0)
    await own.kill()
    await own.start()
    expect(await version('one', own)).toBe(null)
    await advanceUntil(clock, () => bigSegments()?.patches === 1)
    await advanceUntil(clock, () => bigSegments()?.state === 'synchronized')
    expect([await stored(), await version('one', own)]).toEqual([60_000, 'v1'])
  })

  it('(BS8.1, BS9.3) ends in the middle of a large patch, which the next start completes', async () => {
    const prefix = freshPrefix()
    const service = await startService()
    const keys = Array.from({ length: 60_000 }, (_, index) => `key-${index}`)
    const first = await startBigSegmentRelay(service, inRedis(server.url, prefix))
    await expect.poll(() => first.bigSegments()?.state, waiting).toBe('synchronized')
    service.origin.bigSegments.change('beta.g2', { included: { add: keys } })
    await expect.poll(() => including(prefix, 'key-0'), { ...waiting, interval: 1 }).toEqual(['beta.g2'])
    await first.relay.close()
    expect([await version(prefix), await including(prefix, 'key-59999')]).toEqual([null, []])
    expect(first.log.filter((line) => line.startsWith('warn') || line.startsWith('error'))).toEqual([])
    const second = await startBigSegmentRelay(service, inRedis(server.url, prefix))
    await expect.poll(() => second.bigSegments()?.state, waiting).toBe('synchronized')
    expect([await version(prefix), await including(prefix, 'key-59999')]).toEqual(['v1', ['beta.g2']])
  })

  it('(BS8.5) catches up after the service was down', async () => {
    const prefix = freshPrefix()
    const clock = new VirtualClock(1_700_000_000_000)
    const service = await startService()
    const { bigSegments: patches } = service.origin
    const { bigSegments } = await startBigSegmentRelay(service, inRedis(server.url, prefix), { clock })
    await advanceUntil(clock, () => bigSegments()?.state === 'synchronized')
    await service.server.stop()
    await advanceUntil(clock, () => bigSegments()?.state === 'waiting')
    patches.change('beta.g2', { included: { add: ['ada'] } })
    await service.server.start()
    await advanceUntil(clock, () => bigSegments()?.state === 'synchronized')
    expect([await version(prefix), await including(prefix, 'ada')]).toEqual(['v1', ['beta.g2']])
  })

  it.each([
    ['a stream that breaks', (path: 'stream' | 'poll') => path === 'stream' && fail.cutAt(0)],
    [
      'a stream that is no event stream',
      (path: 'stream' | 'poll') => path === 'stream' && fail.body('<html>'),
    ],
    ['answers that are no JSON', (path: 'stream' | 'poll') => path === 'poll' && fail.body('<html>')],
    [
      'a patch without a version',
      (path: 'stream' | 'poll') => path === 'poll' && fail.body('[{"segmentId":"a.g1"}]'),
    ],
    ['members that are no text', (path: 'stream' | 'poll') => path === 'poll' && fail.body(WRONG_MEMBERS)],
    ['answers 503', () => fail.status(503)],
  ])('(BS8.5, BS8.10) recovers from %s', async (_, faultOf) => {
    const prefix = freshPrefix()
    const clock = new VirtualClock(1_700_000_000_000)
    const service = await startService()
    const { bigSegments: patches, bigSegmentPoll, bigSegmentStream } = service.origin
    patches.change('beta.g2', { included: { add: ['ada'] } })
    bigSegmentPoll.always(faultOf('poll') || fail.not())
    bigSegmentStream.always(faultOf('stream') || fail.not())
    const { bigSegments, log } = await startBigSegmentRelay(service, inRedis(server.url, prefix), { clock })
    await advanceUntil(clock, () => log.some((line) => line.includes('big segments: not synchronized')))
    bigSegmentPoll.heal()
    bigSegmentStream.heal()
    await advanceUntil(clock, () => bigSegments()?.state === 'synchronized')
    expect(await version(prefix)).toBe('v1')
    expect(log.join('\n')).not.toContain(SDK_KEY)
  })

  it('(BS8.6, BS8.9) waits 10 min after a refusal, and continues at once with a rotated key', async () => {
    const prefix = freshPrefix()
    const clock = new VirtualClock(1_700_000_000_000)
    const service = await startService()
    const { bigSegmentPoll } = service.origin
    bigSegmentPoll.always(fail.status(401))
    const config = inRedis(server.url, prefix)
    const [environment] = config.environments ?? []
    const { relay, bigSegments } = await startBigSegmentRelay(
      service,
      { ...config, environments: [{ ...environment, name: 'test', sdkKey: SDK_KEY, envId: 'id' }] },
      { clock },
    )
    await advanceUntil(clock, () => bigSegments()?.state === 'waiting')
    await clock.advance(60_000)
    expect(bigSegmentPoll.requests).toHaveLength(1)
    bigSegmentPoll.heal()
    await relay.reload({
      ...DEFAULTS,
      endpoints: service.server.endpoints,
      ...config,
      environments: [{ ...environment, name: 'test', sdkKey: 'sdk-rotated', envId: 'id' }],
    })
    await expect.poll(() => bigSegments()?.state, waiting).toBe('synchronized')
    expect(bigSegmentPoll.requests.map(({ headers }) => headers.get('authorization'))).toEqual([
      SDK_KEY,
      'sdk-rotated',
      'sdk-rotated',
    ])
  })

  it('(BS8.7, BS9.4) two relays with one Redis write each patch once, and both report the members', async () => {
    const prefix = freshPrefix()
    const service = await startService()
    const { bigSegments: patches } = service.origin
    const relays = [
      await startBigSegmentRelay(service, inRedis(server.url, prefix)),
      await startBigSegmentRelay(service, inRedis(server.url, prefix)),
    ]
    const states = (): unknown[] => relays.map(({ bigSegments }) => bigSegments()?.state)
    await expect.poll(states, waiting).toEqual(['synchronized', 'synchronized'])
    const keys = Array.from({ length: 3_000 }, (_, index) => `key-${index}`)
    for (let round = 0; round < 20; round++) {
      patches.change('beta.g2', { included: { add: keys.slice(round * 100) } })
      patches.changeAll([
        ['beta.g2', { included: { remove: keys.slice(round * 100, round * 100 + 50) } }],
        ['other.g1', { excluded: { add: [`key-${round}`] } }],
      ])
    }
    await expect.poll(() => version(prefix), waiting).toBe('v60')
    await expect.poll(states, waiting).toEqual(['synchronized', 'synchronized'])
    const written = relays.map(({ bigSegments }) => bigSegments()?.patches ?? 0)
    expect((written[0] ?? 0) + (written[1] ?? 0)).toBe(60)
    const included = await Promise.all(
      [0, 49, 50, 99, 1_949, 1_950, 2_999].map((n) => including(prefix, `key-${n}`)),
    )
    expect(included.map((references) => references.length)).toEqual([0, 0, 1, 1, 0, 1, 1])
  })

  it('(BS8.1, BS10.3) evaluates with the stored members after a start without the service', async () => {
    const prefix = freshPrefix()
    const service = await startService()
    service.origin.bigSegments.change('beta.g2', { included: { add: ['ada'] } })
    const config = inRedis(server.url, prefix)
    const first = await startBigSegmentRelay(service, config)
    await expect.poll(() => first.bigSegments()?.state, waiting).toBe('synchronized')
    const isStored = (): Promise<number> => server.as((client) => client.exists(`${prefix}:$inited`))
    await expect.poll(isStored, waiting).toBe(1)
    await first.relay.close()
    await service.server.stop()
    const { relay, bigSegments } = await startBigSegmentRelay(service, { ...config, initTimeoutMs: 100 })
    await expect.poll(() => bigSegments()?.available, waiting).toBe(true)
    expect([relay.view.environments[0]?.serving, bigSegments()?.stale]).toEqual(['stored', false])
    const path = `/sdk/evalx/contexts/${base64({ kind: 'user', key: 'ada' })}?withReasons=true`
    expect((await ask(relay, path, keyed)).body['in-beta']).toMatchObject({
      value: true,
      reason: { bigSegmentsStatus: 'HEALTHY' },
    })
  })

  it('(BS8.1) synchronizes beside data of FDv1', async () => {
    const prefix = freshPrefix()
    const service = await startService()
    service.origin.bigSegments.change('beta.g2', { included: { add: ['ada'] } })
    const config = { ...inRedis(server.url, prefix), dataSavingMode: false }
    const { bigSegments } = await startBigSegmentRelay(service, config)
    await expect.poll(() => bigSegments()?.state, waiting).toBe('synchronized')
    expect([service.origin.fdv1Stream.open, await version(prefix)]).toEqual([1, 'v1'])
  })

  it('(BS8.1) ends with its environment', async () => {
    const prefix = freshPrefix()
    const service = await startService()
    const { bigSegments: patches, bigSegmentStream } = service.origin
    const config = inRedis(server.url, prefix)
    const { relay, bigSegments } = await startBigSegmentRelay(service, config)
    await expect.poll(() => bigSegments()?.state, waiting).toBe('synchronized')
    const other = [{ name: 'other', sdkKey: 'sdk-other', prefix: freshPrefix() }]
    await relay.reload({ ...DEFAULTS, endpoints: service.server.endpoints, ...config, environments: other })
    await expect.poll(() => bigSegments()?.state, waiting).toBe('synchronized')
    expect(bigSegmentStream.open).toBe(1)
    patches.change('beta.g2', { included: { add: ['ada'] } })
    await expect.poll(() => bigSegments()?.patches, waiting).toBe(1)
    expect(await version(prefix)).toBe(null)
  })
})

const WRONG_MEMBERS =
  '[{"segmentId":"beta.g2","version":"v1","previousVersion":"","changes":{"included":{"add":[1]}}}]'
