import { Cluster, type Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { bigSegmentHash } from '../../../src/big-segments/big-segments.ts'
import { fail } from '../../../src/testing/index.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import { SDK_KEY } from '../../support/engine.ts'
import {
  describeWithRedis,
  type RedisServer,
  startRedis,
  startRedisCluster,
  startRedisSentinels,
} from '../../support/redis-server.ts'
import { freshPrefix } from '../../support/store-writes.ts'
import { ONE } from '../archive/packed.ts'
import { offline } from '../offline/offline.ts'
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

  it('(BS10.5) reports the synchronization at once', async () => {
    const clock = new VirtualClock(1_700_000_000_000)
    const service = await startService()
    const { bigSegments } = await startBigSegmentRelay(service, inRedis(server.url, freshPrefix()), { clock })
    await expect.poll(bigSegments, waiting).toEqual({
      state: 'synchronized',
      available: true,
      stale: false,
      staleIsDegraded: false,
      synchronizedOn: 1_700_000_000_000,
      patches: 0,
    })
  })

  it('(BS10.1, BS10.2) is degraded after 5 min without a synchronization, if that is configured', async () => {
    const clock = new VirtualClock(1_700_000_000_000)
    const service = await startService()
    const { relay, bigSegments } = await startBigSegmentRelay(
      service,
      { ...inRedis(server.url, freshPrefix()), bigSegmentsStaleAsDegraded: true },
      { clock },
    )
    const statusOf = async (): Promise<unknown> => {
      const { status, environments } = (await ask(relay, '/status')).body
      return [status, environments.test.bigSegmentStatus.potentiallyStale]
    }
    await expect.poll(() => bigSegments()?.synchronizedOn, waiting).toBe(1_700_000_000_000)
    expect(await statusOf()).toEqual(['healthy', false])
    service.origin.bigSegmentPoll.always(fail.status(503))
    service.origin.bigSegmentStream.interrupt()
    await expect.poll(() => bigSegments()?.state, waiting).toBe('waiting')
    const later = async (): Promise<unknown> => {
      // Attempts have time limits, too.
      if (bigSegments()?.state === 'waiting') await clock.advance(5_000)
      return bigSegments()?.stale
    }
    await expect.poll(later, waiting).toBe(true)
    expect(clock.now()).toBeGreaterThanOrEqual(1_700_000_300_000)
    expect(await statusOf()).toEqual(['degraded', true])
    service.origin.bigSegmentPoll.heal()
    await expect.poll(later, waiting).toBe(false)
    expect(await statusOf()).toEqual(['healthy', false])
  })

  it('(S186, BS9.1) keeps members in a Redis Cluster, under a prefix with a hash tag', async () => {
    const cluster = await startRedisCluster()
    onTestFinished(() => cluster.stop())
    const service = await startService()
    const keys = Array.from({ length: 2_500 }, (_, index) => `key-${index}`)
    service.origin.bigSegments.change('beta.g2', { included: { add: keys } })
    service.origin.bigSegments.change('beta.g2', { included: { remove: ['key-7'] } })
    const { bigSegments } = await startBigSegmentRelay(service, {
      store: { type: 'redis', clusterNodes: cluster.nodes, localTtlMs: 0 },
      environments: [{ name: 'test', sdkKey: SDK_KEY, prefix: '{ld:test}' }],
    })
    await expect
      .poll(() => [bigSegments()?.state, bigSegments()?.available], waiting)
      .toEqual(['synchronized', true])
    const reader = new Cluster([...cluster.nodes])
    onTestFinished(() => reader.disconnect())
    expect(await reader.get('{ld:test}:big_segments_cursor')).toBe('v2')
    const including = (key: string): Promise<string[]> =>
      reader.smembers(`{ld:test}:big_segment_include:${bigSegmentHash(key)}`)
    expect([await including('key-6'), await including('key-7'), await including('key-2499')]).toEqual([
      ['beta.g2'],
      [],
      ['beta.g2'],
    ])
  })

  it('(S186) keeps members on the master that Sentinels name, also after a failover', async () => {
    const trio = await startRedisSentinels()
    onTestFinished(() => trio.stop())
    const { sentinels, name, master, replica } = trio
    const clock = new VirtualClock(1_700_000_000_000)
    const service = await startService()
    const { bigSegments: patches } = service.origin
    patches.change('beta.g2', { included: { add: ['ada'] } })
    const { bigSegments } = await startBigSegmentRelay(
      service,
      {
        store: { type: 'redis', sentinels, sentinelMaster: name, localTtlMs: 0 },
        environments: [{ name: 'test', sdkKey: SDK_KEY, prefix: 'one' }],
      },
      { clock },
    )
    await expect.poll(() => bigSegments()?.state, waiting).toBe('synchronized')
    await master.kill()
    patches.change('beta.g2', { included: { add: ['bob'] } })
    const versionInReplica = async (): Promise<unknown> => {
      await clock.advance(300)
      return replica.as((client) => client.get('one:big_segments_cursor'))
    }
    await expect.poll(versionInReplica, { timeout: 60_000, interval: 50 }).toBe('v2')
    expect(await replica.as((client) => rowsOf(client, 'one', ['ada', 'bob']))).toMatchObject({
      'big_segment_include ada': ['beta.g2'],
      'big_segment_include bob': ['beta.g2'],
    })
  })

  it('(BS8.11) an offline relay does not synchronize', async () => {
    const segments = { beta: { key: 'beta', version: 1, unbounded: true, generation: 1 } }
    const archive = await offline({ ...ONE, segments })
    const relay = await archive.start({
      store: { type: 'redis', url: server.url, localTtlMs: 0 },
      offline: { archive: archive.path, intervalMs: 20, prefix: `${freshPrefix()}:$CID` },
    })
    await relay.started
    const [environment] = relay.view.environments
    expect([environment?.holds.segments, environment?.bigSegments, archive.asked]).toEqual([1, undefined, []])
  })
})
