import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { redisStore } from '../../src/store/redis/redis-store.ts'
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis-server.ts'
import { fill, inspecting } from './inspecting.ts'

describeWithRedis('halyard inspect redis://', () => {
  let server: RedisServer
  const look = (...args: readonly string[]) => inspecting([server.url, ...args])
  const asOthers = (...command: readonly [string, ...string[]]) =>
    server.as((client) => client.call(...command))

  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())
  beforeEach(async () => {
    await asOthers('FLUSHALL')
    await fill(redisStore({ url: server.url }))
  })

  it('S88: shows the content of a sound store', async () => {
    const { status, stdout, stderr } = await look('--verify')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const lines = stdout.split('\n').map((line) => line.replaceAll(/ {2,}/g, ': '))
    expect(lines[0]).toBe(`Redis at 127.0.0.1:${server.port}`)
    expect(lines).toEqual(
      expect.arrayContaining([
        'Prefix: launchdarkly',
        'Marker: present',
        expect.stringMatching(/^Flags: 2 \(1 on, 1 off\), versions 3 to 7, \d+ B$/),
        expect.stringMatching(/^Segments: 1, version 2, \d+ B$/),
        'Tombstones: 1',
        expect.stringMatching(/^Size: \d+ B in 4 rows$/),
        expect.stringMatching(/^Biggest: \d+ B, flag gone$/),
        'Sidecar: revision 4 of generation a-generation',
        expect.stringMatching(/^Saved: 2023-11-14T22:13:20\.000Z, \d+ d ago$/),
        'Selector: (p:abc:52), version 52',
        'SDK key: fingerprint 0123456789abcdef',
        'Digest: matches the rows',
        'Sound',
      ]),
    )
    expect(stdout).not.toMatch(/damage|warning/)
  })

  it('S88: ignores the shared history', async () => {
    await asOthers('RPUSH', 'launchdarkly:$halyard:history', '{"from":', '\u001b[2J')
    const { status, stdout } = await look('--verify', '--strict', '--items')
    expect(status).toBe(0)
    expect(stdout).not.toContain('history')
  })

  it('S88: lists every row with --items', async () => {
    const { stdout } = await look('--items')
    const rows = stdout.slice(stdout.indexOf('KIND')).trim().split('\n')
    expect(rows.map((line) => line.split(/ {2,}/).slice(0, 4).join(' '))).toEqual([
      'KIND KEY VERSION STATE',
      'flag checkout 7 on',
      'flag gone 9 deleted',
      'flag search 3 off',
      'segment staff 2 -',
    ])
  })

  it('S88: prints the same facts as JSON', async () => {
    await asOthers('HSET', 'launchdarkly:features', 'bad', '{"version":')
    const { status, stdout } = await look('--json', '--items', '--verify')
    expect(status).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      store: `Redis at 127.0.0.1:${server.port}`,
      prefix: 'launchdarkly',
      sound: false,
      findings: [
        { severity: 'damage', code: 'row-unreadable', message: 'it is not JSON', kind: 'flag', key: 'bad' },
        { severity: 'warning', code: 'digest-differs' },
      ],
      initialized: true,
      flags: { items: 2, on: 1, tombstones: 1, unreadable: 1, versions: { lowest: 3, highest: 7 } },
      segments: { items: 1 },
      sidecar: { type: 'readable', selector: { state: '(p:abc:52)' }, revision: 4, digest: 'differs' },
      items: [
        { kind: 'flag', key: 'bad', state: 'unreadable', bytes: 11, reason: 'it is not JSON' },
        { kind: 'flag', key: 'checkout', version: 7, state: 'on' },
        { kind: 'flag', key: 'gone', version: 9, state: 'deleted' },
        { kind: 'flag', key: 'search', version: 3, state: 'off' },
        { kind: 'segment', key: 'staff', version: 2 },
      ],
    })
  })

  it('S88: prints one row with --key, without terminal control characters', async () => {
    await asOthers('HSET', 'launchdarkly:segments', 'checkout', '{"version":\u001b[2J')
    const { status, stdout } = await look('--key', 'checkout')
    expect(status).toBe(0)
    expect(stdout).toMatch(/^flag checkout: version 7, on, \d+ B\n\{\n {2}"key": "checkout",\n/)
    expect(stdout).toContain('segment checkout: unreadable, 15 B\n{"version":\\u001b[2J\n')
    const json = await look('--key', 'checkout', '--json')
    expect(JSON.parse(json.stdout)).toMatchObject({
      rows: [
        { kind: 'flag', version: 7, text: '{"key":"checkout","version":7,"on":true}' },
        { kind: 'segment', reason: 'it is not JSON', text: '{"version":\u001b[2J' },
      ],
    })
  })

  it('S88: exits with 1 if the key does not exist', async () => {
    const { status, stderr } = await look('--key', 'unknown')
    expect(status).toBe(1)
    expect(stderr).toContain('no flag or segment has the key unknown')
  })

  it('S88: reads the prefix and the database of the URL', async () => {
    await fill(redisStore({ url: `${server.url}/3`, prefix: 'ld:spree:production' }))
    const url = `${server.url}/3?prefix=ld:spree:production`
    expect((await inspecting([url, '--verify'])).status).toBe(0)
    expect((await look('--prefix', 'ld:spree:production', '--verify')).status).toBe(1)
  })

  it('S88: never writes', async () => {
    await asOthers('CONFIG', 'RESETSTAT')
    await look('--verify', '--items')
    await look('--key', 'checkout')
    const commands = await server.as((client) => client.info('commandstats'))
    const used = [...commands.matchAll(/^cmdstat_([\w|]+)/gm)].map(([, name]) => name)
    expect(used).toEqual(expect.arrayContaining(['hget', 'hgetall', 'exists', 'get']))
    const allowed = new Set(['hget', 'hgetall', 'exists', 'get', 'multi', 'exec', 'info', 'config|resetstat'])
    const handshakes = /^(client|hello|select)/
    expect(used.filter((name = '') => !allowed.has(name) && !handshakes.test(name))).toEqual([])
  })

  it.each([
    ['a row that is not JSON', ['HSET', 'launchdarkly:features', 'bad', '{'], 'flag bad: it is not JSON'],
    ['a missing marker', ['DEL', 'launchdarkly:$inited'], 'rows without a marker'],
    ['an unreadable sidecar', ['SET', 'launchdarkly:$halyard', '{}'], 'the sidecar is unreadable'],
    ['nothing at all', ['FLUSHALL'], 'no data: nothing was written'],
  ] as const)('S89: %s is exit 1 with --verify, and shown without it', async (_, command, message) => {
    await asOthers(...(command as readonly [string, ...string[]]))
    const verified = await look('--verify')
    expect(verified.status).toBe(1)
    expect(verified.stdout).toContain(`damage: ${message}`)
    expect(verified.stdout).toMatch(/\nNot sound: 1 finding\n$/)
    const shown = await look()
    expect(shown.status).toBe(0)
    expect(shown.stdout).toContain(`damage: ${message}`)
  })

  it('S89: warns about rows of other software, and exits with 1 only with --strict', async () => {
    await asOthers('HSET', 'launchdarkly:features', 'theirs', '{"key":"theirs","version":1,"on":true}')
    const verified = await look('--verify')
    expect(verified.status).toBe(0)
    expect(verified.stdout).toContain('warning: the rows do not match the digest of the sidecar')
    expect((await look('--verify', '--strict')).status).toBe(1)
    await asOthers('DEL', 'launchdarkly:$halyard')
    expect((await look('--verify', '--strict')).status).toBe(0)
  })

  it('S89: counts the findings after the first 20', async () => {
    const bad = Array.from({ length: 30 }, (_, index) => [`bad-${index}`, 'x']).flat()
    await asOthers('HSET', 'launchdarkly:features', ...bad)
    const { stdout } = await look('--verify')
    expect(stdout.match(/^damage: flag/gm)).toHaveLength(20)
    expect(stdout).toContain('damage: and 10 more')
    expect(stdout).toContain('Not sound: 30 findings')
  })

  it('S88: takes the password from the URL or the environment, and never prints it', async () => {
    const guarded = await startRedis({ requirepass: 's3cret' })
    try {
      const address = `127.0.0.1:${guarded.port}`
      const accepted = await inspecting([`redis://${address}`], { REDIS_PASSWORD: 's3cret' })
      expect(accepted).toMatchObject({
        status: 0,
        stdout: expect.stringContaining('no data: nothing was written'),
      })
      expect((await inspecting([`redis://:s3cret@${address}`])).status).toBe(0)
      const refused = await inspecting([`redis://:wr0ng@${address}`, '--verify'], {
        REDIS_PASSWORD: 's3cret',
      })
      expect(refused).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining(address) })
      for (const { stdout, stderr } of [accepted, refused])
        expect(stdout + stderr).not.toMatch(/s3cret|wr0ng/)
    } finally {
      await guarded.stop()
    }
  })

  it('S89: exits with 2 if the server does not answer in time', async () => {
    server.pause()
    try {
      const { status, stderr } = await look('--verify', '--timeout', '1')
      expect(status).toBe(2)
      expect(stderr).toBe(`Redis at 127.0.0.1:${server.port}: cannot read all data: no answer in 1 s\n`)
    } finally {
      server.resume()
    }
  })
})

it('S89: exits with 2 and names the address if it cannot connect', async () => {
  const { status, stdout, stderr } = await inspecting(['redis://127.0.0.1:1', '--verify'])
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toContain('Redis at 127.0.0.1:1: cannot read all data: no server listens at')
})
