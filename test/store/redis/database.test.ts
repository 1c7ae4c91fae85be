import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest'
import type { RedisStoreOptions } from '../../../src/store/redis/redis-store.ts'
import {
  describeWithRedis,
  type RedisServer,
  startRedis,
  startRedisSentinels,
} from '../../support/redis-server.ts'
import { delta, freshPrefix, full, never, row } from '../../support/store-writes.ts'
import { openJournal } from './journal-opened.ts'
import { openRedis, textsOf, within } from './opened.ts'
import { startTcpProxy } from './tcp-proxy.ts'

describeWithRedis('a Redis database that cannot be selected', () => {
  let server: RedisServer
  let prefix: string
  beforeAll(async () => {
    server = await startRedis({ databases: '16' })
    await server.as((client) =>
      client.call('ACL', 'SETUSER', 'confined', 'on', '>secret', '~*', '&*', '+@all', '-select'),
    )
  })
  afterAll(() => server?.stop())
  beforeEach(() => {
    prefix = freshPrefix()
  })

  /** Calls all operations of a store and a journal, and expects that none reaches a database. */
  async function expectNothingHappens(options: RedisStoreOptions, reason: RegExp): Promise<void> {
    await openRedis({ url: server.url, prefix }).store.write(full(row('a', 1)), never)
    const { store, lease, feed } = openRedis({ ...options, prefix })
    const journal = openJournal({ ...options, prefix })
    const calls = [
      () => store.initialized(within(5_000)),
      () => store.get('flag', 'a', within(5_000)),
      () => store.readAll(within(5_000)),
      () => store.write(full(row('b', 1)), within(5_000)),
      () => store.write(delta(row('a', 2)), within(5_000)),
      () => lease.acquire('me', 1_000, within(5_000)),
      () => journal.append(['entry'], within(5_000)),
      () => journal.read(within(5_000)),
    ]
    // One after the other, and again: a new connection is tried each time.
    for (const call of [...calls, ...calls]) {
      await expect(call()).rejects.toMatchObject({
        kind: 'wrong_database',
        message: expect.stringMatching(reason) as unknown,
      })
    }
    for await (const change of feed.changes(within(5_000))) {
      expect(change).toMatchObject({ type: 'interrupted', reason: expect.stringMatching(reason) as unknown })
      break
    }
    await server.as(async (client) => {
      expect((await client.keys(`${prefix}*`)).sort()).toEqual(
        [`${prefix}:$halyard`, `${prefix}:$inited`, `${prefix}:features`].sort(),
      )
      expect(await client.hgetall(`${prefix}:features`)).toEqual({ a: row('a', 1).text })
    })
  }

  const OUT_OF_RANGE = /^Redis at .*: cannot .*the server does not have database 99 .*`databases`/

  it('(S180) reads and writes nothing if the server has fewer databases', async () => {
    await expectNothingHappens({ url: `${server.url}/99` }, OUT_OF_RANGE)
  })

  it.each([
    ['db', (port: number): RedisStoreOptions => ({ host: '127.0.0.1', port, db: 99 })],
    ['redisOpts', (port: number): RedisStoreOptions => ({ redisOpts: { host: '127.0.0.1', port, db: 99 } })],
  ])('the same by %s (S180)', async (_by, optionsFor) => {
    await expectNothingHappens(optionsFor(server.port), OUT_OF_RANGE)
  })

  it('(S180) reads and writes nothing if the user has no permission to select a database', async () => {
    const options = { url: `redis://confined:secret@127.0.0.1:${server.port}/3` }
    await expectNothingHappens(options, /the user may not select database 3 \(NOPERM.*\).*\+select/)
  })

  it('(S74) reports a wrong password', async () => {
    const { store } = openRedis({ url: `redis://confined:wrong@127.0.0.1:${server.port}/3`, prefix })
    await expect(store.get('flag', 'a', never)).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('WRONGPASS') as unknown,
    })
  })

  it('(S180.3) reports a busy server as unavailable, and writes nothing to its database 0', async () => {
    const busy = await startRedis({ 'busy-reply-threshold': '1' })
    onTestFinished(() => busy.stop())
    const [client, killer] = [new Redis(busy.url), new Redis(busy.url)]
    onTestFinished(() => {
      client.disconnect()
      killer.disconnect()
    })
    await Promise.all([client.ping(), killer.ping()])
    const script = client.eval('while true do end', 0).catch(() => undefined)
    const { store } = openRedis({ url: `${busy.url}/3`, prefix })
    const attempt = (): Promise<unknown> =>
      store.write(full(row('a', 1)), within(5_000)).catch((error: unknown) => error)
    expect(await attempt()).toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('BUSY') as unknown,
    })
    await killer.script('KILL')
    await script
    await store.write(full(row('a', 1)), never)
    expect(await client.keys('*')).toEqual([])
  })

  it('(S180) reports a server with too many connections as unavailable', async () => {
    const crowded = await startRedis({ maxclients: '1' })
    onTestFinished(() => crowded.stop())
    await crowded.as(async (client) => {
      await client.ping()
      const { store } = openRedis({ url: `${crowded.url}/3`, prefix })
      await expect(store.get('flag', 'a', within(5_000))).rejects.toMatchObject({
        kind: 'unavailable',
      })
    })
  })

  it('(S180.5) does not use a client of the application in another database', async () => {
    const client = new Redis({ host: '127.0.0.1', port: server.port, db: 99 })
    client.on('error', () => {})
    onTestFinished(() => client.disconnect())
    await expectNothingHappens({ client }, OUT_OF_RANGE)
    expect(client.status).toBe('ready')
  })

  it('(S180) uses the database that a client of the application selected, also on WATCH connections', async () => {
    await server.as((admin) =>
      admin.call('ACL', 'SETUSER', 'watcher', 'on', '>secret', '~*', '&*', '+@all', '-@scripting'),
    )
    const login = { username: 'watcher', password: 'secret' }
    const client = new Redis({ host: '127.0.0.1', port: server.port, ...login })
    onTestFinished(() => client.disconnect())
    await client.select(3)
    const opened = openRedis({ client, prefix })
    await opened.store.write(full(row('a', 1)), never)
    await opened.store.write(delta(row('a', 2)), never)
    // A later change of the application's client does not affect the store.
    await client.select(4)
    expect(await textsOf(opened)).toEqual(new Map([['flag a', row('a', 2).text]]))
    const there = openRedis({ url: `${server.url}/3`, prefix })
    expect(await textsOf(there)).toEqual(new Map([['flag a', row('a', 2).text]]))
    await server.as(async (other) => {
      expect(await other.keys(`${prefix}*`)).toEqual([])
    })
  })

  it('(S180) writes nothing to a server that has fewer databases after a restart', async () => {
    const fewer = await startRedis({ databases: '2' })
    onTestFinished(() => fewer.stop())
    const { proxy, port } = await startTcpProxy(server.port)
    const own = openRedis({ url: `redis://127.0.0.1:${port}/5`, prefix })
    const client = new Redis({ host: '127.0.0.1', port, db: 5, retryStrategy: () => 1 })
    client.on('error', () => {})
    onTestFinished(() => client.disconnect())
    const handedIn = openRedis({ client, prefix })
    await own.store.write(full(row('a', 1)), never)
    expect(await textsOf(handedIn)).toEqual(new Map([['flag a', row('a', 1).text]]))
    proxy.port = fewer.port
    proxy.cutAll()
    for (const { store } of [own, handedIn]) {
      // The first call may fail because its connection was cut.
      await store.write(delta(row('a', 2)), within(5_000)).catch(() => undefined)
      await expect(store.write(delta(row('a', 2)), within(5_000))).rejects.toMatchObject({
        kind: 'wrong_database',
      })
    }
    await fewer.as(async (other) => expect(await other.keys('*')).toEqual([]))
    // It is used again as soon as the database can be selected.
    proxy.port = server.port
    proxy.cutAll()
    await own.store.write(delta(row('a', 3)), never)
    expect(await textsOf(handedIn)).toEqual(new Map([['flag a', row('a', 3).text]]))
  })

  it('(S180) also checks the database of a master that Sentinels name', async () => {
    const group = await startRedisSentinels()
    onTestFinished(() => group.stop())
    const { sentinels, name, master } = group
    const { store } = openRedis({ sentinels, name, db: 99, prefix })
    await expect(store.write(full(row('a', 1)), within(10_000))).rejects.toMatchObject({
      kind: 'wrong_database',
      message: expect.stringMatching(/^Redis master flags .* database 99/) as unknown,
    })
    await master.as(async (client) => expect(await client.keys('*')).toEqual([]))
    const opened = openRedis({ sentinels, name, db: 7, prefix })
    await opened.store.write(full(row('a', 1)), never)
    expect(await textsOf(opened)).toEqual(new Map([['flag a', row('a', 1).text]]))
  })
})
