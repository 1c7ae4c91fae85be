import { join } from 'node:path'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { child, outcome } from '../../support/child.ts'
import { MemoryJournal } from '../../support/memory-journal.ts'
import { describeWithRedis, eventually, type RedisServer, startRedis } from '../../support/redis-server.ts'
import { delta, freshPrefix, full, never, row } from '../../support/store-writes.ts'
import { openJournal } from './journal-opened.ts'
import { openRedis, within } from './opened.ts'
import { startTcpProxy } from './tcp-proxy.ts'

const DAY_MS = 24 * 3_600_000
const MANNERS = [
  ['scripts', '+@all'],
  ['WATCH', '-@scripting'],
] as const

describeWithRedis('(S117) a journal in Redis', () => {
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

  /** Returns the options of a user with these permissions. */
  const user = async (name: string, ...rules: readonly string[]) => {
    const them = ['reset', 'on', '>secret', '~*', '&*', ...rules]
    await server.as((client) => client.call('ACL', 'SETUSER', name, ...them))
    return { url: server.url, prefix, username: name, password: 'secret' }
  }

  const as = <T>(somebody: (client: Redis) => Promise<T>): Promise<T> => server.as(somebody)

  it('is stored beside the rows, and expires a day after the last append', async () => {
    const journal = openJournal({ url: server.url, prefix })
    await journal.append(['a', 'bü'], never)
    await as(async (client) => {
      const [entries, size] = [`${prefix}:$halyard:history`, `${prefix}:$halyard:history:size`]
      expect((await client.keys(`${prefix}*`)).toSorted()).toEqual([entries, size])
      expect(await client.lrange(entries, 0, -1)).toEqual(['a', 'bü'])
      expect(await client.get(size)).toBe('2 4')
      for (const key of [entries, size]) {
        expect(await client.pttl(key)).toBeGreaterThan(DAY_MS - 60_000)
        await client.pexpire(key, 60_000)
      }
      await journal.append([], never)
      for (const key of [entries, size]) expect(await client.pttl(key)).toBeGreaterThan(DAY_MS - 60_000)
      expect(await journal.read(never)).toEqual(['a', 'bü'])
    })
  })

  it('needs one round trip for an append, also if old entries are removed', async () => {
    const client = new Redis(server.url)
    onTestFinished(() => client.disconnect())
    const journal = openJournal({ client, prefix }, { maxEntries: 2 })
    await journal.append(['a', 'b'], never)
    const sending = vi.spyOn(client, 'sendCommand')
    await journal.append(['c', 'd', 'e'], never)
    expect(sending.mock.calls.map(([{ name }]) => name)).toEqual(['evalsha'])
    await journal.close()
    expect(await client.ping()).toBe('PONG')
  })

  it('sends scripts again that the server has lost', async () => {
    const journal = openJournal({ url: server.url, prefix })
    await journal.append(['a'], never)
    await as((client) => client.call('SCRIPT', 'FLUSH'))
    await journal.append(['b'], never)
    expect(await journal.read(never)).toEqual(['a', 'b'])
  })

  it('is not changed by writes to the store beside it', async () => {
    const journal = openJournal({ url: server.url, prefix })
    const { store } = openRedis({ url: server.url, prefix })
    await journal.append(['a'], never)
    await store.write(full(row('a', 1)), never)
    await store.write(delta(row('a', 2)), never)
    await store.write(full(), never)
    expect(await journal.read(never)).toEqual(['a'])
  })

  it('(D20) does not keep the process alive by its connection', async () => {
    const options = JSON.stringify({ url: server.url, prefix })
    expect(await outcome(child(join(import.meta.dirname, 'idle-journal.ts'), options))).toEqual({
      code: 0,
      output: 'a b\n',
    })
  })

  describe.each(MANNERS)('written by %s', (name, rule) => {
    it('has the same entries as a journal in memory for any order of appends by several writers', async () => {
      const options = await user(`model-${name}`, '+@all', rule)
      const limits = { maxEntries: 4, maxBytes: 40 }
      const text = fc.string({ unit: 'grapheme', maxLength: 30 })
      const steps = fc.array(fc.tuple(fc.nat(1), fc.array(text, { maxLength: 6 })), { maxLength: 8 })
      await fc.assert(
        fc.asyncProperty(steps, async (taken) => {
          const own = freshPrefix()
          const model = new MemoryJournal(limits).open()
          const ours = [0, 1].map(() => openJournal({ ...options, prefix: own }, limits))
          for (const [who, entries] of taken) {
            await model.append(entries, never)
            await ours[who]?.append(entries, never)
            expect(await ours[1 - who]?.read(never)).toEqual(await model.read(never))
          }
          await Promise.all(ours.map((journal) => journal.close()))
        }),
        { numRuns: 40 },
      )
    })

    it('recalculates its size after appends of other software, and reads their entries unchanged', async () => {
      const options = await user(`counts-${name}`, '+@all', rule)
      const journal = openJournal(options, { maxEntries: 5, maxBytes: 100 })
      const key = `${prefix}:$halyard:history`
      await as(async (client) => {
        await client.rpush(key, ...Array.from({ length: 300 }, (_, index) => `theirs ${index}`))
        await client.rpush(key, '\u001b[2J', '{"from":', '\0')
        expect(await journal.read(never)).toHaveLength(303)
        await journal.append(['ours'], never)
        const left = ['theirs 299', '\u001b[2J', '{"from":', '\0', 'ours']
        expect(await journal.read(never)).toEqual(left)
        await client.call('LPOP', key, '3')
        await client.rpush(key, Buffer.from([0xff, 0xfe]), 'x'.repeat(92))
        await journal.append(['next'], never)
        expect(await journal.read(never)).toEqual(['\ufffd\ufffd', 'x'.repeat(92), 'next'])
        await client.del(`${key}:size`)
        await journal.append(['1234567'], never)
        expect(await journal.read(never)).toEqual(['next', '1234567'])
        await client.set(`${key}:size`, 'not a size')
        await journal.append(['last'], never)
        expect(await journal.read(never)).toEqual(['next', '1234567', 'last'])
        expect(await client.get(`${key}:size`)).toBe('3 15')
        await client.del(key)
        await journal.append(['first'], never)
        expect(await journal.read(never)).toEqual(['first'])
      })
    })

    it.each(['history', 'history:size'])(
      'something else where the %s should be is named and not overwritten',
      async (place) => {
        const journal = openJournal(await user(`type-${name}`, '+@all', rule))
        const key = `${prefix}:$halyard:${place}`
        await as((client) => client.hset(key, 'a', 'theirs'))
        await expect(journal.append(['a'], never)).rejects.toMatchObject({
          kind: 'refused',
          message: expect.stringContaining('a key under the prefix has another type') as unknown,
        })
        expect(await as((client) => client.keys(`${prefix}*`))).toEqual([key])
        expect(await as((client) => client.hgetall(key))).toEqual({ a: 'theirs' })
        if (place === 'history') await expect(journal.read(never)).rejects.toMatchObject({ kind: 'refused' })
      },
    )

    it('applies an append completely or not at all if the connection is cut at any byte', async () => {
      const options = await user(`cut-${name}`, '+@all', rule)
      const { proxy, port } = await startTcpProxy(server.port)
      const reader = openJournal({ url: server.url, prefix })
      const { url: _, ...login } = options
      const outcomes = new Set<string>()
      for (let run = 0; run < 30; run++) {
        let left = run * 35
        proxy.inspect = (sent) => {
          left -= sent.length
          return left < 0 ? sent.length + left : 'pass'
        }
        const before = await reader.read(never)
        const entries = [`${run} a`, `${run} b`]
        const writer = openJournal({ ...login, host: '127.0.0.1', port })
        const ended = await writer.append(entries, never).then(
          () => 'appended',
          (failure: unknown) => {
            expect(failure).toMatchObject({ kind: 'unavailable' })
            return 'cut'
          },
        )
        outcomes.add(ended)
        const after = await reader.read(never)
        if (ended === 'appended' || after.length > before.length) {
          expect(after).toEqual([...before, ...entries])
        } else expect(after).toEqual(before)
      }
      expect(outcomes).toEqual(new Set(['appended', 'cut']))
    })
  })

  it('is written with WATCH and MULTI without permission to run scripts, and warns once', async () => {
    const least = 'get set llen lrange rpush ltrim pexpire watch multi exec'.split(' ')
    const options = await user('least', '-@all', ...least.map((command) => `+${command}`))
    const journal = openJournal(options, { maxEntries: 2 })
    await journal.append(['a', 'b'], never)
    await journal.append(['c'], never)
    expect(await journal.read(never)).toEqual(['b', 'c'])
    expect(journal.log).toEqual([
      expect.stringMatching(/cannot append to the history.*NOPERM.*writes now use WATCH and MULTI/),
    ])
  })

  it('allows reads and refuses appends, with the reason, for a user with read permissions', async () => {
    await openJournal({ url: server.url, prefix }).append(['a'], never)
    const journal = openJournal(await user('reader', '-@all', '+@read'))
    expect(await journal.read(never)).toEqual(['a'])
    for (let time = 0; time < 2; time++) {
      await expect(journal.append(['b'], never)).rejects.toMatchObject({
        kind: 'refused',
        message: expect.stringMatching(/the user lacks a permission \(NOPERM/) as unknown,
      })
    }
    expect(journal.log).toEqual([])
  })

  it('reports a killed server by its address, and connects again when it is back', async () => {
    const other = await start()
    const journal = openJournal({ url: other.url, prefix })
    await journal.append(['a'], never)
    await other.kill()
    await expect(journal.append(['b'], never)).rejects.toMatchObject({ kind: 'unavailable' })
    for (const call of [() => journal.append(['b'], never), () => journal.read(never)]) {
      const words = new RegExp(
        `^Redis at 127.0.0.1:${other.port}: cannot .* the history: no server listens at`,
      )
      await expect(call()).rejects.toMatchObject({
        name: 'StoreError',
        kind: 'unavailable',
        message: expect.stringMatching(words) as unknown,
      })
    }
    await other.start()
    expect(await journal.read(never)).toEqual([])
    await journal.append(['c'], never)
    expect(await journal.read(never)).toEqual(['c'])
  })

  it('rejects calls when their signals abort while the server hangs, and works again afterwards', async () => {
    const other = await start()
    const journal = openJournal({ url: other.url, prefix })
    await journal.append(['a'], never)
    other.pause()
    for (const call of [() => journal.append(['b'], within(30)), () => journal.read(within(30))]) {
      await expect(call()).rejects.toMatchObject({ name: 'StoreError', kind: 'unavailable' })
    }
    other.resume()
    expect((await journal.read(never))[0]).toBe('a')
    await journal.append(['c'], never)
    expect((await journal.read(never)).at(-1)).toBe('c')
  })

  it.each(MANNERS)(
    'refuses an append if the server is out of memory, and keeps its entries, by %s',
    async (_by, rule) => {
      const other = await start({ 'maxmemory-policy': 'noeviction' })
      const login = { username: 'writer', password: 'secret' }
      await other.as((client) =>
        client.call('ACL', 'SETUSER', 'writer', 'on', '>secret', '~*', '&*', '+@all', rule),
      )
      const journal = openJournal({ url: other.url, prefix, ...login })
      await journal.append(['a'], never)
      await other.as((client) => client.config('SET', 'maxmemory', '1'))
      await expect(journal.append(['b'], never)).rejects.toMatchObject({
        kind: 'refused',
        message: expect.stringMatching(/out of memory.*\(OOM/) as unknown,
      })
      expect(await journal.read(never)).toEqual(['a'])
      await other.as((client) => client.config('SET', 'maxmemory', '0'))
      await journal.append(['c'], never)
      expect(await journal.read(never)).toEqual(['a', 'c'])
    },
  )

  it('reads from a replica and refuses to append to it', async () => {
    const replica = await start({ replicaof: `127.0.0.1 ${server.port}` })
    await openJournal({ url: server.url, prefix }).append(['a'], never)
    const journal = openJournal({ url: replica.url, prefix })
    await eventually(async () => (await journal.read(never)).length === 1)
    await expect(journal.append(['b'], never)).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/this is a replica.*\(READONLY/) as unknown,
    })
    expect(await journal.read(never)).toEqual(['a'])
  })

  it('takes the options of a store, refuses what a store refuses, and shows no password', async () => {
    expect(() => openJournal({ url: 'http://localhost' })).toThrow('redisStore.url')
    const other = await start({ requirepass: 'secret' })
    const journal = openJournal({ host: '127.0.0.1', port: other.port, prefix, password: 'hunter2' })
    const failure = await journal.append(['a'], never).catch((error: unknown) => error)
    expect(failure).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('WRONGPASS') as unknown,
    })
    expect(inspect(failure, { depth: 9 })).not.toContain('hunter2')
  })
})
