import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { bigSegmentHash } from '../../src/big-segments/big-segments.ts'
import { fileStore } from '../../src/store/file/file-store.ts'
import { redisStore } from '../../src/store/redis/redis-store.ts'
import { SECRETS, startDynalite } from '../support/dynalite.ts'
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis-server.ts'
import { folderForTest } from './developing.ts'
import { fill, inspecting } from './inspecting.ts'

describeWithRedis('halyard inspect of big segments in Redis', () => {
  let server: RedisServer
  const inspect = (...args: readonly string[]) => inspecting([server.url, ...args])
  const call = (...command: readonly [string, ...string[]]) => server.as((client) => client.call(...command))

  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())
  beforeEach(async () => {
    await call('FLUSHALL')
    await fill(redisStore({ url: server.url }))
  })

  it('(BS7.5) shows the time of the last synchronization and its age, and nothing if there was none', async () => {
    expect((await inspect()).stdout).not.toContain('Big segments')
    await call('SET', 'launchdarkly:big_segments_synchronized_on', '1700000000123')
    expect((await inspect()).stdout).toMatch(
      /^Big segments +synchronized 2023-11-14T22:13:20\.123Z, \d+ d ago$/m,
    )
    expect(JSON.parse((await inspect('--json')).stdout)).toMatchObject({
      bigSegments: { type: 'synchronized', synchronizedOn: 1_700_000_000_123, ageMs: expect.any(Number) },
    })
  })

  it('(BS7.5) states that the user may not read them, and shows the rest', async () => {
    const allowed = ['~launchdarkly:features', '~launchdarkly:segments', '~launchdarkly:$*']
    await call('ACL', 'SETUSER', 'reader', 'reset', 'on', '>secret', '+@all', ...allowed)
    const { status, stdout } = await inspecting([
      server.url.replace('redis://', 'redis://reader:secret@'),
      '--verify',
    ])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^Big segments +not readable: .*the user lacks a permission/m)
    expect(stdout).toContain('Sound')
  })

  it('(BS7.5) lists the segments of a context key with --context', async () => {
    const hash = bigSegmentHash('u 1')
    await call('SADD', `launchdarkly:big_segment_include:${hash}`, 'beta.g4', 'alpha.g1', 'both.g2')
    await call('SADD', `launchdarkly:big_segment_exclude:${hash}`, 'both.g2', 'paid.g9')
    expect(await inspect('--context', 'u 1')).toEqual({
      status: 0,
      stderr: '',
      stdout:
        'included in    alpha.g1\nincluded in    beta.g4\nincluded in    both.g2\nexcluded from  paid.g9\n',
    })
    const { stdout } = await inspect('--context', 'u 1', '--json')
    expect(JSON.parse(stdout)).toEqual({
      store: `Redis at 127.0.0.1:${server.port}`,
      prefix: 'launchdarkly',
      contextKey: 'u 1',
      hash,
      included: ['alpha.g1', 'beta.g4', 'both.g2'],
      excluded: ['paid.g9'],
    })
    expect(await inspect('--context', 'u-2')).toEqual({
      status: 1,
      stdout: '',
      stderr: `Redis at 127.0.0.1:${server.port}: no big segment lists the context key u-2\n`,
    })
  })
})

it('(BS7.5) shows big segments of DynamoDB, and that other stores have none', async () => {
  const database = await startDynalite()
  try {
    await database.createTable('flags')
    const metadata = { S: 'big_segments_metadata' }
    await database.put('flags', {
      namespace: metadata,
      key: metadata,
      synchronizedOn: { N: '1700000000123' },
    })
    const hash = { S: bigSegmentHash('u-1') }
    await database.put('flags', {
      namespace: { S: 'big_segments_user' },
      key: hash,
      included: { SS: ['beta.g4'] },
    })
    const { endpoint } = database.clientOptions
    const store = `dynamodb://flags?region=eu-west-1&endpoint=${encodeURIComponent(endpoint)}`
    const env = { AWS_ACCESS_KEY_ID: SECRETS.accessKeyId, AWS_SECRET_ACCESS_KEY: SECRETS.secretAccessKey }
    expect((await inspecting([store], env)).stdout).toMatch(/^Big segments +synchronized 2023-/m)
    expect((await inspecting([store, '--context', 'u-1'], env)).stdout).toBe('included in  beta.g4\n')
  } finally {
    await database.close()
  }
  const path = join(await folderForTest(), 'flags')
  await fill(fileStore(path))
  expect(await inspecting([path, '--context', 'u-1'])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('this kind of store has no big segments'),
  })
})
