import { inspect } from 'node:util'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { readSidecar } from '../../../src/layout/sidecar.ts'
import { listen } from '../../support/listen.ts'
import { describeWithRedis, eventually, type RedisServer, startRedis } from '../../support/redis-server.ts'
import { delta, digestOf, freshPrefix, full, never, row } from '../../support/store-writes.ts'
import { flags, openRedis, textsOf, within } from './opened.ts'
import { startTcpProxy } from './tcp-proxy.ts'

describeWithRedis('a Redis that fails', () => {
  let server: RedisServer
  let prefix: string
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server?.stop())
  beforeEach(() => {
    prefix = freshPrefix()
  })

  const start = async (settings: Readonly<Record<string, string>> = {}): Promise<RedisServer> => {
    const other = await startRedis(settings)
    onTestFinished(() => other.stop())
    return other
  }

  const user = (name: string, ...rules: readonly string[]): Promise<unknown> =>
    server.as((client) => client.call('ACL', 'SETUSER', name, 'reset', 'on', '>secret', '~*', '&*', ...rules))

  it('reports a missing server by its address, and connects when it appears (S74)', async () => {
    const other = await start()
    const opened = openRedis({ url: other.url, prefix })
    await opened.store.write(full(row('a', 1)), never)
    await other.kill()
    // The first call may still fail on the previous connection.
    await expect(opened.store.get('flag', 'a', never)).rejects.toMatchObject({ kind: 'unavailable' })
    for (let attempt = 0; attempt < 3; attempt++) {
      const address = `Redis at 127.0.0.1:${other.port}: cannot read a flag: no server listens at`
      await expect(opened.store.get('flag', 'a', never)).rejects.toMatchObject({
        kind: 'unavailable',
        message: expect.stringContaining(address) as unknown,
      })
    }
    await other.start()
    expect(await opened.store.initialized(never)).toBe(false)
    await opened.store.write(full(row('a', 2)), never)
    expect(await textsOf(opened)).toEqual(new Map([['flag a', row('a', 2).text]]))
  })

  it('(S74) rejects calls when their signals abort while a server hangs, and works again afterwards', async () => {
    const other = await start()
    const opened = openRedis({ url: other.url, prefix })
    await opened.store.write(full(row('a', 1)), never)
    other.pause()
    const { store, lease } = opened
    await Promise.all(
      [
        () => store.get('flag', 'a', within(30)),
        () => store.readAll(within(30)),
        () => store.initialized(within(30)),
        () => store.write(full(...flags(1_000)), within(30)),
        () => store.write(delta(row('a', 2)), within(30)),
        () => lease.acquire('me', 1_000, within(30)),
      ].map((call) => expect(call()).rejects.toMatchObject({ name: 'StoreError', kind: 'unavailable' })),
    )
    other.resume()
    expect(await store.initialized(never)).toBe(true)
    await store.write(full(row('a', 3)), never)
    expect(await textsOf(opened)).toEqual(new Map([['flag a', row('a', 3).text]]))
  })

  it('(S74) does not reuse a connection without answers', async () => {
    const { proxy, port } = await startTcpProxy(server.port)
    const opened = openRedis({ host: '127.0.0.1', port, prefix })
    await opened.store.write(full(row('a', 1)), never)
    proxy.inspect = () => new Promise(() => {})
    await expect(opened.store.get('flag', 'a', within(30))).rejects.toMatchObject({ kind: 'unavailable' })
    proxy.inspect = () => 'pass'
    expect(await opened.store.get('flag', 'a', never)).toMatchObject({ text: row('a', 1).text })
  })

  it('(S74) resolves the address again after the primary became a replica', async () => {
    const { proxy, port } = await startTcpProxy(server.port)
    const opened = openRedis({ host: '127.0.0.1', port, prefix })
    await opened.store.write(full(row('a', 1)), never)
    const next = await start()
    await server.as((client) => client.replicaof('127.0.0.1', next.port))
    onTestFinished(() => server.as((client) => client.replicaof('NO', 'ONE')).then(() => undefined))
    proxy.port = next.port
    await expect(opened.store.write(delta(row('a', 2)), never)).rejects.toMatchObject({ kind: 'refused' })
    await opened.store.write(delta(row('a', 2)), never)
    expect(await textsOf(opened)).toEqual(new Map([['flag a', row('a', 2).text]]))
  })

  it('(S71) writes nothing after a cancelled write, with its own client or one of the application', async () => {
    const other = await start()
    const client = new Redis(other.url)
    onTestFinished(() => client.disconnect())
    const opened = openRedis({ client, prefix })
    await opened.store.write(full(row('a', 1)), never)
    other.pause()
    await expect(opened.store.write(full(...flags(2_000)), within(30))).rejects.toMatchObject({
      kind: 'unavailable',
    })
    other.resume()
    // Sent on the same connection, and therefore after all earlier commands.
    expect(await textsOf(opened)).toEqual(new Map([['flag a', row('a', 1).text]]))
  })

  it('(S71.1) lets the staged rows of an unfinished write expire', async () => {
    const { proxy, port } = await startTcpProxy(server.port)
    const opened = openRedis({ host: '127.0.0.1', port, prefix })
    await openRedis({ url: server.url, prefix }).store.write(full(row('a', 1)), never)
    let portions = 0
    proxy.inspect = (sent) => (sent.includes('hset') && ++portions === 3 ? 'cut' : 'pass')
    await expect(opened.store.write(full(...flags(2_000)), never)).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('cannot write all data') as unknown,
    })
    await server.as(async (client) => {
      const left = await client.keys(`${prefix}:$halyard:staging:*`)
      expect(left).toHaveLength(1)
      expect(await client.pttl(left[0] as string)).toBeGreaterThan(0)
    })
    expect(await textsOf(opened)).toEqual(new Map([['flag a', row('a', 1).text]]))
    await opened.store.write(full(row('b', 1)), never)
    expect([...(await textsOf(opened)).keys()]).toEqual(['flag b'])
  })

  it('(S71) changes nothing if the connection is cut before the swap', async () => {
    const { proxy, port } = await startTcpProxy(server.port)
    const opened = openRedis({ host: '127.0.0.1', port, prefix })
    await opened.store.write(full(row('a', 1)), never)
    proxy.inspect = (sent) => (/evalsha|eval\r/.test(sent) ? 'cut' : 'pass')
    await expect(opened.store.write(full(...flags(700)), never)).rejects.toMatchObject({
      kind: 'unavailable',
    })
    await expect(opened.store.write(delta(row('a', 2)), never)).rejects.toMatchObject({ kind: 'unavailable' })
    expect(await textsOf(opened)).toEqual(new Map([['flag a', row('a', 1).text]]))
  })

  it.each([
    ['scripts', '+@all'],
    ['WATCH', '-@scripting'],
  ])(
    'a connection cut at any byte leaves the old or the new, never a part, by %s (S71.2)',
    async (_by, rule) => {
      await user('writer', '+@all', rule)
      const { proxy, port } = await startTcpProxy(server.port)
      const login = { username: 'writer', password: 'secret' }
      const reader = openRedis({ url: server.url, prefix })
      await reader.store.write(full(row('a', 1)), never)
      const rows = flags(60).map((each) => ({ ...each, text: each.text.padEnd(20_000) }))
      const outcomes = new Set<string>()
      for (let run = 0; run < 30; run++) {
        let left = run * 120_000
        proxy.inspect = (sent) => {
          left -= sent.length
          return left < 0 ? sent.length + left : 'pass'
        }
        const before = await reader.store.readAll(never)
        const next = full(...rows, row(`run-${run}`, 1))
        const writer = openRedis({ host: '127.0.0.1', port, prefix, ...login })
        const outcome = await writer.store.write(next, never).then(
          () => 'written',
          () => 'cut',
        )
        outcomes.add(outcome)
        const after = await reader.store.readAll(never)
        if (outcome === 'written' || after.sidecar !== before.sidecar)
          expect(after.sidecar).toBe(next.sidecar)
        expect(readSidecar(after.sidecar)?.digest).toBe(digestOf(after.rows))
      }
      expect(outcomes).toEqual(new Set(['written', 'cut']))
    },
  )

  it('(S71) does not swap in staged rows that were evicted', async () => {
    const { proxy, port } = await startTcpProxy(server.port)
    const opened = openRedis({ host: '127.0.0.1', port, prefix })
    await opened.store.write(full(row('a', 1)), never)
    // Simulates an eviction between the last portion and the swap.
    proxy.inspect = async (sent): Promise<'pass'> => {
      if (!sent.includes('evalsha')) return 'pass'
      await server.as(async (client) => {
        const staged = await client.keys(`${prefix}:$halyard:staging:*`)
        expect(await client.del(...staged)).toBe(1)
      })
      return 'pass'
    }
    const write = opened.store.write(full(...flags(1_500)), never)
    await expect(write).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('the staged rows are missing') as unknown,
    })
    expect(await textsOf(opened)).toEqual(new Map([['flag a', row('a', 1).text]]))
  })

  it('reports deleted data as missing, and does not remember its versions', async () => {
    const other = await start()
    const opened = openRedis({ url: other.url, prefix })
    await opened.store.write(full(row('a', 1)), never)
    await opened.store.write(delta(row('a', 2)), never)
    await other.as((client) => client.call('FLUSHALL'))
    await other.as((client) => client.call('SCRIPT', 'FLUSH'))
    expect(await opened.store.readAll(never)).toEqual({ initialized: false, rows: [] })
    await opened.store.write(delta(row('a', 1)), never)
    expect(await textsOf(opened)).toEqual(new Map([['flag a', row('a', 1).text]]))
  })

  it('gives a new fence to a holder whose fence was flushed', async () => {
    const other = await start()
    const [one, two] = [openRedis({ url: other.url, prefix }), openRedis({ url: other.url, prefix })]
    for (let round = 0; round < 3; round++) {
      await one.lease.acquire('one', 60_000, never)
      await one.lease.release('one', never)
    }
    const before = await one.lease.acquire('one', 60_000, never)
    await other.as((client) => client.call('FLUSHALL'))
    const after = await two.lease.acquire('two', 60_000, never)
    expect(after).toBeLessThan(before ?? 0)
    await one.store.write({ ...full(row('a', 1)), fencingToken: before ?? 0 }, never)
    const again = await two.lease.acquire('two', 60_000, never)
    await two.store.write({ ...full(row('a', 2)), fencingToken: again ?? 0 }, never)
    expect(await textsOf(two)).toEqual(new Map([['flag a', row('a', 2).text]]))
  })

  it.each([
    ['scripts', '+@all'],
    ['WATCH', '-@scripting'],
  ])('keys of others under our prefix are left alone, writing by %s', async (_by, rule) => {
    await user('writer', '+@all', rule)
    const opened = openRedis({ url: server.url, prefix, username: 'writer', password: 'secret' })
    const theirs = [
      `${prefix}:big_segments_synchronized_on`,
      `${prefix}:features:old`,
      `${prefix}-2:features`,
    ]
    await server.as(async (client) => {
      for (const key of theirs) await client.set(key, 'theirs')
      await opened.store.write(full(row('a', 1)), never)
      await opened.store.write(delta(row('a', 2)), never)
      await opened.store.write(full(), never)
      for (const key of theirs) expect(await client.get(key)).toBe('theirs')
      const keys = await client.keys(`${prefix}:*`)
      expect(new Set(keys)).toEqual(
        new Set([theirs[0], theirs[1], `${prefix}:$inited`, `${prefix}:$halyard`]),
      )
    })
  })

  it.each([
    ['scripts', '+@all'],
    ['WATCH', '-@scripting'],
  ])(
    'something else where the rows should be is named and not overwritten, writing by %s (S74)',
    async (_by, rule) => {
      await user('writer', '+@all', rule)
      const { store } = openRedis({ url: server.url, prefix, username: 'writer', password: 'secret' })
      await server.as((client) => client.set(`${prefix}:segments`, 'a string'))
      for (const call of [
        () => store.get('segment', 'a', never),
        () => store.readAll(never),
        () => store.write(full(row('a', 1)), never),
        () => store.write(delta(row('a', 1), row('s', 1, 'segment')), never),
      ]) {
        await expect(call()).rejects.toMatchObject({
          kind: 'refused',
          message: expect.stringContaining('a key under the prefix has another type') as unknown,
        })
      }
      expect(await server.as((client) => client.get(`${prefix}:segments`))).toBe('a string')
      expect(await store.get('flag', 'a', never)).toBeUndefined()
    },
  )

  it('(S72.3) writes with WATCH and MULTI without permission to run scripts, and warns once', async () => {
    await user('unscripted', '+@all', '-@scripting')
    const opened = openRedis({ url: server.url, prefix, username: 'unscripted', password: 'secret' })
    await opened.store.write(full(row('a', 1)), never)
    await opened.store.write(delta(row('a', 2)), never)
    await opened.lease.acquire('me', 1_000, never)
    expect(opened.log).toEqual([expect.stringMatching(/NOPERM.*'eval.*writes now use WATCH and MULTI/)])
    expect(await textsOf(opened)).toEqual(new Map([['flag a', row('a', 2).text]]))
    expect(await server.as((client) => client.keys(`${prefix}:$halyard:staging:*`))).toEqual([])
  })

  it('(S72) sends no WATCH on a client of the application, because other code uses it too', async () => {
    await user('unscripted', '+@all', '-@scripting')
    const client = new Redis(server.url, { username: 'unscripted', password: 'secret' })
    onTestFinished(() => client.disconnect())
    const sending = vi.spyOn(client, 'sendCommand')
    const opened = openRedis({ client, prefix })
    await Promise.all([1, 2, 3, 4].map((version) => opened.store.write(delta(row('a', version)), never)))
    expect(await textsOf(opened)).toEqual(new Map([['flag a', row('a', 4).text]]))
    const sent = sending.mock.calls.map(([{ name }]) => name)
    expect(sent).toContain('publish')
    expect(sent).not.toContain('watch')
  })

  it('(S72.4) writes and reads with the documented minimum of permissions', async () => {
    const least = 'hget hmget hgetall hlen hset del get set exists watch multi exec'.split(' ')
    await user('least', '-@all', ...least.map((command) => `+${command}`))
    const writer = openRedis({ url: server.url, prefix, username: 'least', password: 'secret' })
    await writer.store.write(full(row('a', 1)), never)
    await writer.store.write(delta(row('a', 2)), never)
    expect(writer.log).toEqual([
      expect.stringContaining('WATCH and MULTI'),
      expect.stringContaining('PUBLISH is not permitted'),
    ])
    await user('reader', '-@all', '+@read')
    const reader = openRedis({ url: server.url, prefix, username: 'reader', password: 'secret' })
    expect(await textsOf(reader)).toEqual(new Map([['flag a', row('a', 2).text]]))
    expect(await reader.store.readAll(never)).toEqual(await writer.store.readAll(never))
    expect(await reader.store.initialized(never)).toBe(true)
    await expect(reader.store.write(delta(row('a', 3)), never)).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/the user lacks a permission \(NOPERM/) as unknown,
    })
  })

  it('writes the rows although a script has no permission to publish', async () => {
    await server.as((client) =>
      client.call('ACL', 'SETUSER', 'mute', 'reset', 'on', '>secret', '~*', 'resetchannels', '+@all'),
    )
    const opened = openRedis({ url: server.url, prefix, username: 'mute', password: 'secret' })
    for (const write of [full(row('a', 1)), delta(row('a', 2)), delta(row('a', 3))]) {
      await opened.store.write(write, never)
    }
    expect(opened.log).toEqual([expect.stringContaining('PUBLISH is not permitted')])
    expect(await textsOf(opened)).toEqual(new Map([['flag a', row('a', 3).text]]))
  })

  it.each([
    ['no password', {}, 'NOAUTH'],
    ['a wrong one', { username: 'known', password: 'hunter2' }, 'WRONGPASS'],
    ['an unknown user', { username: 'nobody', password: 'hunter2' }, 'WRONGPASS'],
  ])('(S74) refuses %s and names the option to set', async (_what, login, code) => {
    const other = await start({ requirepass: 'secret' })
    const { store, feed } = openRedis({ host: '127.0.0.1', port: other.port, prefix, ...login })
    const failure = await store.get('flag', 'a', never).catch((error: unknown) => error)
    expect(failure).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(new RegExp(`\`password\`.*\\(${code}`)) as unknown,
    })
    const { next: nextChange } = listen({ store, feed } as ReturnType<typeof openRedis>)
    const word = await nextChange()
    expect(word).toMatchObject({ type: 'interrupted', reason: expect.stringContaining(code) as unknown })
    expect(inspect(failure, { depth: 9 }) + JSON.stringify(word)).not.toContain('hunter2')
  })

  it('(S74) reads from a replica and refuses to write to it', async () => {
    const replica = await start({ replicaof: `127.0.0.1 ${server.port}` })
    await openRedis({ url: server.url, prefix }).store.write(full(row('a', 1)), never)
    const opened = openRedis({ url: replica.url, prefix })
    await eventually(() => opened.store.initialized(never))
    expect(await textsOf(opened)).toEqual(new Map([['flag a', row('a', 1).text]]))
    for (const write of [full(row('a', 2)), delta(row('a', 2))]) {
      await expect(opened.store.write(write, never)).rejects.toMatchObject({
        kind: 'refused',
        message: expect.stringMatching(/this is a replica.*\(READONLY/) as unknown,
      })
    }
    await expect(opened.lease.acquire('me', 1_000, never)).rejects.toMatchObject({ kind: 'refused' })
  })

  it('(S74) refuses a write if the server is out of memory, keeps its data, and leaves no staged rows', async () => {
    const other = await start({ maxmemory: '6mb', 'maxmemory-policy': 'noeviction' })
    const opened = openRedis({ url: other.url, prefix })
    await opened.store.write(full(row('a', 1)), never)
    await expect(opened.store.write(full(...flags(5_000)), never)).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/out of memory.*\(OOM/) as unknown,
    })
    expect(await textsOf(opened)).toEqual(new Map([['flag a', row('a', 1).text]]))
    await other.as((client) =>
      eventually(async () => (await client.keys(`${prefix}:$halyard:staging:*`)).length === 0),
    )
    await opened.store.write(full(row('a', 2)), never)
    expect(await textsOf(opened)).toEqual(new Map([['flag a', row('a', 2).text]]))
  })

  it('sends scripts again that the server has lost', async () => {
    const opened = openRedis({ url: server.url, prefix })
    for (let version = 1; version < 4; version++) {
      await opened.store.write(full(row('a', version)), never)
      await opened.store.write(delta(row('b', version)), never)
      await server.as((client) => client.call('SCRIPT', 'FLUSH'))
    }
    expect([...(await textsOf(opened)).keys()]).toEqual(['flag a', 'flag b'])
  })

  it('(S74) keeps a client of the application open, with all of its listeners', async () => {
    const client = new Redis(server.url, { protocol: 3, replyMapping: 'resp3' })
    onTestFinished(() => client.disconnect())
    const listeners = client.eventNames().length
    const opened = openRedis({ client, prefix })
    const { next: nextChange } = listen(opened)
    expect(await nextChange()).toEqual({ type: 'replaced' })
    await opened.store.write(full(row('a', 1), row('__proto__', 1)), never)
    await opened.store.write(delta(row('a', 2)), never)
    expect(await nextChange()).toEqual({ type: 'replaced' })
    expect(await nextChange()).toEqual({ type: 'changed', flags: ['a'], segments: [] })
    expect([...(await textsOf(opened)).keys()].toSorted()).toEqual(['flag __proto__', 'flag a'])
    expect(await opened.lease.acquire('me', 1_000, never)).toBe(1)
    await opened.store.close()
    expect(await client.ping()).toBe('PONG')
    expect(client.eventNames().length).toBe(listeners)
    await expect(opened.store.initialized(never)).rejects.toMatchObject({ kind: 'unavailable' })
  })

  it('has no connections after a close, and rejects calls', async () => {
    const other = await start()
    const opened = openRedis({ url: other.url, prefix })
    const { next: nextChange } = listen(opened)
    expect(await nextChange()).toEqual({ type: 'replaced' })
    await opened.store.initialized(never)
    await opened.store.close()
    await expect(opened.store.get('flag', 'a', never)).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('the store is closed') as unknown,
    })
    await other.as((client) =>
      eventually(async () => !String(await client.client('LIST')).includes('name=halyard')),
    )
  })
})
