import type { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bigSegmentHash } from '../../../src/big-segments/big-segments.ts'
import { describeWithRedis, type RedisServer, startRedis } from '../../support/redis-server.ts'
import { freshPrefix } from '../../support/store-writes.ts'
import { ask } from '../starting.ts'
import { inRedis, startBigSegmentRelay, startService, waiting } from './big-segment-relay.ts'

/** Returns the rows of big segments by the end of their keys, with context keys in place of hashes. */
async function rowsOf(
  client: Redis,
  prefix: string,
  contextKeys: readonly string[],
): Promise<Record<string, unknown>> {
  const names = new Map(contextKeys.map((key) => [bigSegmentHash(key), key]))
  const rows: Record<string, unknown> = {}
  for (const key of await client.keys(`${prefix}:big_segment*`)) {
    const [name = '', hash] = key.slice(prefix.length + 1).split(':')
    if (hash === undefined) rows[name] = await client.get(key)
    else rows[`${name} ${names.get(hash)}`] = (await client.smembers(key)).sort()
  }
  return rows
}

describeWithRedis('big segments that a relay keeps in Redis', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server?.stop())

  const rows = (prefix: string): Promise<Record<string, unknown>> =>
    server.as((client) => rowsOf(client, prefix, ['ada', 'bob', 'cyd', 'dan', 'eve', 'fay', 'gus']))

  it("(BS7.1, BS8.2, BS8.4) writes the rows that LaunchDarkly's Relay Proxy writes", async () => {
    const prefix = freshPrefix()
    const service = await startService()
    const { bigSegments: patches, bigSegmentPoll, bigSegmentStream } = service.origin
    patches.change('beta.g2', { included: { add: ['ada', 'bob', 'cyd'] }, excluded: { add: ['dan'] } })
    patches.changeAll([
      ['beta.g2', { included: { remove: ['bob'] } }],
      ['other.g1', { included: { add: ['ada'] }, excluded: { add: ['ada'] } }],
    ])
    const { relay, bigSegments } = await startBigSegmentRelay(service, inRedis(server.url, prefix))
    await expect.poll(() => bigSegments()?.state, waiting).toBe('synchronized')
    const caughtUp = {
      'big_segment_include ada': ['beta.g2', 'other.g1'],
      'big_segment_include cyd': ['beta.g2'],
      'big_segment_exclude ada': ['other.g1'],
      'big_segment_exclude dan': ['beta.g2'],
      big_segments_cursor: 'v3',
      big_segments_lock: '',
      big_segments_synchronized_on: expect.stringMatching(/^\d{13}$/),
    }
    expect(await rows(prefix)).toEqual(caughtUp)
    expect(bigSegmentPoll.requests.map(({ basis }) => basis)).toEqual([undefined, 'v3', 'v3'])
    expect(bigSegmentStream.requests).toHaveLength(1)

    patches.change('beta.g2', { included: { add: ['eve'], remove: ['ada'] }, excluded: { remove: ['dan'] } })
    await expect.poll(async () => (await rows(prefix)).big_segments_cursor, waiting).toBe('v4')
    expect(await rows(prefix)).toEqual({
      'big_segment_include ada': ['other.g1'],
      'big_segment_include cyd': ['beta.g2'],
      'big_segment_include eve': ['beta.g2'],
      'big_segment_exclude ada': ['other.g1'],
      big_segments_cursor: 'v4',
      big_segments_lock: '',
      big_segments_synchronized_on: expect.stringMatching(/^\d{13}$/),
    })

    await expect
      .poll(async () => (await ask(relay, '/status')).body.environments.test.bigSegmentStatus, waiting)
      .toEqual({
        available: true,
        potentiallyStale: false,
        lastSynchronizedOn: expect.any(Number),
        state: 'synchronized',
      })
  })

  it('(BS8.1) requests nothing before the first big segment, and begins with it', async () => {
    const prefix = freshPrefix()
    const service = await startService({ segments: [{ key: 'beta' }] })
    const { data, bigSegmentPoll, bigSegments: patches } = service.origin
    const { relay, bigSegments } = await startBigSegmentRelay(service, inRedis(server.url, prefix))
    patches.change('beta.g1', { included: { add: ['ada'] } })
    data.flagValue('a', true)
    await expect.poll(() => relay.view.environments[0]?.holds.flags, waiting).toBe(1)
    expect([bigSegments(), bigSegmentPoll.requests.length]).toEqual([undefined, 0])
    expect((await ask(relay, '/status')).body.environments.test).not.toHaveProperty('bigSegmentStatus')
    data.setSegment({ key: 'beta', unbounded: true, generation: 1 })
    await expect.poll(() => bigSegments()?.state, waiting).toBe('synchronized')
    expect(await rows(prefix)).toMatchObject({
      'big_segment_include ada': ['beta.g1'],
      big_segments_cursor: 'v1',
    })
  })
})
