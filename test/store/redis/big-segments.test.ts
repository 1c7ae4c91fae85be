import { RedisBigSegmentStore } from '@launchdarkly/node-server-sdk-redis'
import { Cluster, Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../../src/async/clock.ts'
import { bigSegmentHash } from '../../../src/big-segments/big-segments.ts'
import type { BigSegmentStore } from '../../../src/model/big-segment-store.ts'
import {
  type RedisBigSegmentStoreOptions,
  redisBigSegmentStore,
} from '../../../src/store/redis/redis-store.ts'
import { TestData } from '../../../src/testing/index.ts'
import { answersOf, startBeside } from '../../big-segments/beside-official.ts'
import { following, notes, start } from '../../client/starting.ts'
import { CA } from '../../support/certificates.ts'
import {
  describeWithRedis,
  type RedisServer,
  startRedis,
  startRedisCluster,
  startRedisSentinels,
  startTlsRedis,
} from '../../support/redis-server.ts'
import { freshPrefix, never } from '../../support/store-writes.ts'

interface Opened {
  readonly store: BigSegmentStore
  readonly log: readonly string[]
}

/** Opens a store that is closed at the end of the test. */
function open(options: RedisBigSegmentStoreOptions): Opened {
  const { log, logger } = notes()
  const store = redisBigSegmentStore(options).openBigSegments({ clock: systemClock, random: () => 0, logger })
  onTestFinished(() => store.close())
  return { store, log }
}

type Members = Readonly<Record<string, readonly string[]>>

interface RelayRows {
  readonly included?: Members | undefined
  readonly excluded?: Members | undefined
  readonly synchronizedOn?: number | string | undefined
}

/** Writes rows as LaunchDarkly's Relay Proxy does: lists of references by context key, cursor, lock and time. */
async function writeAsRelay(client: Redis | Cluster, prefix: string, rows: RelayRows): Promise<void> {
  const { included = {}, excluded = {}, synchronizedOn } = rows
  const transaction = client.multi()
  for (const [key, references] of Object.entries(included))
    transaction.sadd(`${prefix}:big_segment_include:${bigSegmentHash(key)}`, ...references)
  for (const [key, references] of Object.entries(excluded))
    transaction.sadd(`${prefix}:big_segment_exclude:${bigSegmentHash(key)}`, ...references)
  transaction.set(`${prefix}:big_segments_cursor`, 'v5')
  transaction.set(`${prefix}:big_segments_lock`, '')
  if (synchronizedOn !== undefined)
    transaction.set(`${prefix}:big_segments_synchronized_on`, String(synchronizedOn))
  for (const [failure] of (await transaction.exec()) ?? []) if (failure) throw failure
}

const ROWS: RelayRows = {
  included: { 'u-1': ['s.g1', 'both.g2'] },
  excluded: { 'u-1': ['t.g1', 'both.g2'], 'u-2': ['s.g1'] },
  synchronizedOn: 1_700_000_000_123,
}

const OF_FIRST = new Map([
  ['t.g1', false],
  ['both.g2', true],
  ['s.g1', true],
])

/** Expects that the store reads {@link ROWS}. */
async function expectRows(store: BigSegmentStore): Promise<void> {
  expect(await store.metadata(never)).toEqual({ synchronizedOn: 1_700_000_000_123 })
  expect(await store.membership(bigSegmentHash('u-1'), never)).toEqual(OF_FIRST)
  expect(await store.membership(bigSegmentHash('u-2'), never)).toEqual(new Map([['s.g1', false]]))
  expect(await store.membership(bigSegmentHash('u-3'), never)).toEqual(new Map())
}

describeWithRedis('Big segments in Redis', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server?.stop())

  const write = (prefix: string, rows: RelayRows): Promise<void> =>
    server.as((client) => writeAsRelay(client, prefix, rows))

  it('(BS7.1, BS7.3, BS7.4) reads the rows of the Relay Proxy, and writes nothing', async () => {
    const prefix = freshPrefix()
    await write(prefix, ROWS)
    const dump = (): Promise<string[]> =>
      server.as(async (client) => (await client.keys(`${prefix}:*`)).sort())
    const before = await dump()
    const { store } = open({ url: server.url, prefix })
    await expectRows(store)
    expect(await dump()).toEqual(before)
  })

  it('(BS7.1) has no time before the first synchronization, or if the value is not a number', async () => {
    const prefix = freshPrefix()
    const { store } = open({ url: server.url, prefix })
    expect(await store.metadata(never)).toEqual({ synchronizedOn: undefined })
    await write(prefix, { synchronizedOn: 'soon' })
    expect(await store.metadata(never)).toEqual({ synchronizedOn: undefined })
  })

  it('uses the prefix launchdarkly by default, and the client of the application, which stays open', async () => {
    const client = new Redis(server.port, '127.0.0.1', { retryStrategy: null })
    onTestFinished(() => client.disconnect())
    await writeAsRelay(client, 'launchdarkly', ROWS)
    const { store } = open({ client })
    await expectRows(store)
    await store.close()
    expect(await client.ping()).toBe('PONG')
  })

  it('reads another database, with a login', async () => {
    const prefix = freshPrefix()
    const rules = ['reset', 'on', '>secret', '~*', '+@read', '+select', '+ping']
    await server.as(async (client) => {
      await client.call('ACL', 'SETUSER', 'reader', ...rules)
      await client.select(3)
      await writeAsRelay(client, prefix, ROWS)
    })
    const login = { username: 'reader', password: 'secret' }
    await expectRows(open({ host: '127.0.0.1', port: server.port, db: 3, prefix, ...login }).store)
  })

  it('explains failures without credentials, and continues on a new connection', async () => {
    const other = await startRedis({ requirepass: 'secret' })
    onTestFinished(() => other.stop())
    const { store: locked } = open({ url: other.url })
    await expect(locked.metadata(never)).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining(
        'cannot read the time of big segments: the server requires a password',
      ),
    })
    const { store } = open({ url: `redis://:secret@127.0.0.1:${other.port}` })
    await store.metadata(never)
    await other.kill()
    const failure = await store.membership(bigSegmentHash('a'), never).catch((error: unknown) => error)
    expect(failure).toMatchObject({ kind: 'unavailable' })
    expect(String(failure)).toContain('cannot read big segments')
    expect(String(failure)).not.toContain('secret')
    await other.start()
    expect(await store.metadata(never)).toEqual({ synchronizedOn: undefined })
  })

  it('refuses a key of another type with the key to delete or the prefix to change', async () => {
    const prefix = freshPrefix()
    await server.as((client) => client.set(`${prefix}:big_segment_include:${bigSegmentHash('a')}`, 'text'))
    const { store } = open({ url: server.url, prefix })
    await expect(store.membership(bigSegmentHash('a'), never)).rejects.toMatchObject({ kind: 'refused' })
  })

  it('warns about options that have no effect, and refuses wrong ones by the name of the function', () => {
    const { log } = open({ url: server.url, cacheTTL: 30, ...({ reads: 'snapshot' } as object) })
    expect(log).toEqual([
      'warn: redisBigSegmentStore.reads has no effect: the option bigSegments of the client has the cache of big segments',
      'warn: redisBigSegmentStore.cacheTTL has no effect: the option bigSegments of the client has the cache of big segments',
    ])
    expect(() => redisBigSegmentStore({ sentinels: [{ host: 'a', port: 1 }] })).toThrow(
      'redisBigSegmentStore: expected',
    )
    expect(() => redisBigSegmentStore({ url: 'http://a' })).toThrow('redisBigSegmentStore.url: expected')
    expect(() => redisBigSegmentStore({ cluster: [{ host: 'a', port: 1 }], prefix: 'spree' })).toThrow(
      'redisBigSegmentStore.prefix: expected a prefix with a hash tag',
    )
    expect(JSON.stringify(redisBigSegmentStore({ url: 'redis://:secret@a' }))).not.toContain('secret')
  })

  it('reads over TLS', async () => {
    const secure = await startTlsRedis()
    onTestFinished(() => secure.stop())
    const prefix = freshPrefix()
    const url = `rediss://localhost:${secure.port}`
    const writer = new Redis(url, { tls: { ca: CA } })
    onTestFinished(() => writer.disconnect())
    await writeAsRelay(writer, prefix, ROWS)
    await expectRows(open({ url, prefix, tls: { ca: CA } }).store)
  })

  it('reads from a cluster, with keys on one node', async () => {
    const cluster = await startRedisCluster()
    onTestFinished(() => cluster.stop())
    const writer = new Cluster([...cluster.nodes])
    onTestFinished(() => writer.disconnect())
    for (const prefix of ['{launchdarkly}', `{${freshPrefix()}}`]) {
      await writeAsRelay(writer, prefix, ROWS)
      await expectRows(open({ cluster: cluster.nodes, prefix }).store)
    }
    await expectRows(open({ cluster: cluster.nodes }).store)
    await expectRows(open({ client: writer }).store)
  })

  it('reads from the master that Sentinels name', async () => {
    const trio = await startRedisSentinels()
    onTestFinished(() => trio.stop())
    const { sentinels, name, master } = trio
    const prefix = freshPrefix()
    await master.as((client) => writeAsRelay(client, prefix, ROWS))
    await expectRows(open({ sentinels, name, prefix }).store)
  })

  it('(BS4.4, BS4.5) reports an outage of the server, evaluates with cached members, and recovers', async () => {
    const other = await startRedis()
    onTestFinished(() => other.stop())
    await other.as((client) =>
      writeAsRelay(client, 'spree', { ...ROWS, synchronizedOn: Date.now() + 3_600_000 }),
    )
    const clauses = [{ attribute: '', op: 'segmentMatch', values: ['s'] }]
    const data = new TestData({
      flags: [
        {
          key: 'f',
          on: true,
          variations: [false, true],
          rules: [{ variation: 1, clauses }],
          fallthrough: { variation: 0 },
        },
      ],
      segments: [{ key: 's', unbounded: true, generation: 1 }],
    })
    const { client, log } = start({
      dataSystem: following(data),
      bigSegments: {
        store: redisBigSegmentStore({ url: other.url, prefix: 'spree' }),
        userCacheTimeMs: 600_000,
        statusPollIntervalMs: 20,
      },
    })
    await client.waitForInitialization()
    const provider = client.bigSegmentStoreStatusProvider
    const evaluated = (): Promise<unknown> =>
      client.boolVariationDetail('f', { kind: 'user', key: 'u-1' }, false)
    expect(await evaluated()).toMatchObject({ value: true, reason: { bigSegmentsStatus: 'HEALTHY' } })
    await other.kill()
    await expect.poll(() => provider.getStatus()).toEqual({ available: false, stale: false })
    expect(await evaluated()).toMatchObject({ value: true, reason: { bigSegmentsStatus: 'STORE_ERROR' } })
    expect(await client.boolVariationDetail('f', { kind: 'user', key: 'u-9' }, true)).toMatchObject({
      value: false,
      reason: { kind: 'FALLTHROUGH', bigSegmentsStatus: 'STORE_ERROR' },
    })
    // The server returns without data, so there is no time of a synchronization.
    await other.start()
    await expect.poll(() => provider.getStatus()).toEqual({ available: true, stale: true })
    expect(await evaluated()).toMatchObject({ value: true, reason: { bigSegmentsStatus: 'STALE' } })
    expect(log.filter((line) => line.includes('the status cannot be read'))).toHaveLength(1)
  })

  it.each<[string, RelayRows['synchronizedOn'], object]>([
    ['current', Date.now() + 3_600_000, { available: true, stale: false }],
    ['stale', Date.now() - 3_600_000, { available: true, stale: true }],
    ['never synchronized', undefined, { available: true, stale: true }],
    ['of a time that is not a number', 'soon', { available: true, stale: true }],
  ])(
    '(BS6.1, S30) has the values, reasons and status of the official SDK with data that is %s',
    async (_, synchronizedOn, status) => {
      const prefix = freshPrefix()
      const { included, excluded } = ROWS
      await write(prefix, { included, excluded, synchronizedOn })
      const theirStore = RedisBigSegmentStore({ redisOpts: { host: '127.0.0.1', port: server.port }, prefix })
      const { theirs, ours } = await startBeside({
        theirs: { store: theirStore, userCacheTime: 0.001 },
        ours: [
          { store: redisBigSegmentStore({ url: server.url, prefix }), userCacheTimeMs: 1 },
          // The store of the official package in our client.
          { store: theirStore },
        ],
      })
      const expected = await answersOf(theirs)
      expect(JSON.stringify(expected)).toContain('"bigSegmentsStatus"')
      expect(expected.status).toEqual(status)
      for (const client of ours) expect(await answersOf(client)).toEqual(expected)
    },
  )
})
