import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { type Clock, systemClock } from '../../../src/async/clock.ts'
import type { BigSegmentPatch, BigSegmentWriter } from '../../../src/model/big-segment-patch.ts'
import { openRedisBigSegmentWriter } from '../../../src/store/redis/big-segment-writer.ts'
import { openRedisBigSegmentDatabase } from '../../../src/store/redis/big-segments.ts'
import type { RedisStoreOptions } from '../../../src/store/redis/options.ts'
import { notes } from '../../client/starting.ts'
import { describeWithRedis, type RedisServer, startRedis } from '../../support/redis-server.ts'
import { freshPrefix, never } from '../../support/store-writes.ts'

const NONE = { add: [], remove: [] }

function patchOf(version: string, lists: Partial<BigSegmentPatch> = {}): BigSegmentPatch {
  return { reference: 'beta.g2', version, previousVersion: '', included: NONE, excluded: NONE, ...lists }
}

function hashes(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `h${index}`)
}

describeWithRedis('The writer of big segments in Redis', () => {
  /** A clock that shortens the waits between attempts. */
  const hurried: Clock = {
    ...systemClock,
    after: (ms, wake) => systemClock.after(ms < 10_000 ? ms / 100 : ms, wake),
  }
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server?.stop())

  /** Opens a writer that is closed at the end of the test. */
  function open(prefix: string, options: RedisStoreOptions = { url: server.url }): BigSegmentWriter {
    const context = { clock: hurried, random: () => 0, logger: notes().logger }
    const { reader, writer } = openRedisBigSegmentDatabase({ ...options, prefix }, context)
    onTestFinished(async () => {
      await Promise.all([reader.close(), writer.close()])
    })
    return writer
  }

  /** Returns the commands that the server receives during the work, without those of this function. */
  async function commandsOf(work: () => Promise<unknown>): Promise<string[]> {
    return server.as(async (client) => {
      const monitor = await client.monitor()
      const seen: string[] = []
      monitor.on('monitor', (_time: string, args: readonly string[]) => seen.push(args.join(' ')))
      await work()
      await client.set('end-of-work', 'x')
      await expect.poll(() => seen.includes('set end-of-work x')).toBe(true)
      monitor.disconnect()
      return seen
    })
  }

  it('(BS9.1, BS9.3) writes 1,000 changes in a transaction, and the version with the last', async () => {
    const prefix = freshPrefix()
    const writer = open(prefix)
    const patch = patchOf('v1', { included: { add: hashes(2_000), remove: hashes(500) } })
    const commands = await commandsOf(() => writer.apply(patch, undefined, never))
    const names = commands.map((command) => (command.split(' ')[0] ?? '').toLowerCase())
    const transactions = names.join(' ').match(/watch get multi set (?:set )?(?:(?:sadd|srem) ?)*exec/g) ?? []
    expect(transactions.map((text) => text.split(/sadd|srem/).length - 1)).toEqual([1_000, 1_000, 500])
    const cursors = commands.filter((command) => command.startsWith(`set ${prefix}:big_segments_cursor`))
    expect(cursors).toEqual([`set ${prefix}:big_segments_cursor v1`])
    expect(names.indexOf('sadd')).toBeLessThan(commands.indexOf(cursors[0] as string))
    expect(await server.as((client) => client.smembers(`${prefix}:big_segment_include:h499`))).toEqual([])
    expect(await server.as((client) => client.smembers(`${prefix}:big_segment_include:h500`))).toEqual([
      'beta.g2',
    ])
    expect(await writer.version(never)).toBe('v1')
  })

  it('writes a patch without members, and one with an empty version', async () => {
    const writer = open(freshPrefix())
    expect(await writer.apply(patchOf(''), undefined, never)).toEqual({ type: 'applied' })
    expect(await writer.version(never)).toBe('')
    expect(await writer.apply(patchOf('v1'), undefined, never)).toEqual({ type: 'refused', version: '' })
    expect(await writer.apply(patchOf('v1'), '', never)).toEqual({ type: 'applied' })
  })

  it('(BS9.4) refuses the rest of a patch after another writer has stored a version', async () => {
    const prefix = freshPrefix()
    const writer = open(prefix)
    const written = writer.apply(
      patchOf('v1', { included: { add: hashes(50_000), remove: [] } }),
      undefined,
      never,
    )
    await server.as(async (client) => {
      await expect.poll(() => client.exists(`${prefix}:big_segment_include:h0`), { interval: 1 }).toBe(1)
      await asRelayProxy(client, prefix, 'v2')
    })
    expect(await written).toEqual({ type: 'refused', version: 'v2' })
    expect(await server.as((client) => client.exists(`${prefix}:big_segment_include:h49999`))).toBe(0)
  })

  it('(BS9.1) compares again if the lock changed meanwhile, so that it never overwrites a later version', async () => {
    const prefix = freshPrefix()
    const writers = [open(prefix), open(prefix), open(prefix)]
    let version: string | undefined
    for (let round = 0; round < 30; round++) {
      const next = `v${round}`
      const patch = patchOf(next, { included: { add: [`h${round}`], remove: [] } })
      const expected = version
      const results = await Promise.all(writers.map((writer) => writer.apply(patch, expected, never)))
      expect(results.filter(({ type }) => type === 'applied')).toHaveLength(1)
      expect(results.filter(({ type }) => type === 'refused')).toEqual([
        { type: 'refused', version: next },
        { type: 'refused', version: next },
      ])
      version = next
    }
  })

  it('(BS9.5) gives up after ten attempts if another writer changes the lock each time', async () => {
    const prefix = freshPrefix()
    let attempts = 0
    await server.as(async (other) => {
      /** Returns a client before whose transactions the other one sets the lock. */
      const create = (): Redis => {
        const client = new Redis(server.port, '127.0.0.1', { lazyConnect: true, retryStrategy: null })
        const multi = client.multi.bind(client)
        client.multi = (() => {
          const transaction = multi()
          const exec = transaction.exec.bind(transaction)
          transaction.exec = async () => {
            attempts++
            await other.set(`${prefix}:big_segments_lock`, '')
            return exec()
          }
          return transaction
        }) as typeof client.multi
        return client
      }
      const route = { name: 'Redis', load: async () => create }
      const context = { clock: hurried, random: () => 0, logger: notes().logger }
      const writer = openRedisBigSegmentWriter(route, prefix, context)
      onTestFinished(() => writer.close())
      await expect(writer.apply(patchOf('v1'), undefined, never)).rejects.toMatchObject({
        kind: 'fenced',
        message: 'Redis: cannot write big segments: another writer is writing them',
      })
      expect([attempts, await writer.version(never)]).toEqual([10, undefined])
    })
  })

  it('writes with the permissions that the documents name, without scripts', async () => {
    const prefix = freshPrefix()
    const rights = ['+@read', '+@connection', '+@transaction', '+@write']
    await server.as((client) =>
      client.call('ACL', 'SETUSER', 'segments', 'reset', 'on', '>secret', `~${prefix}:*`, ...rights),
    )
    const writer = open(prefix, { url: `redis://segments:secret@127.0.0.1:${server.port}` })
    expect(
      await writer.apply(patchOf('v1', { included: { add: ['h0'], remove: [] } }), undefined, never),
    ).toEqual({
      type: 'applied',
    })
    expect(await writer.apply(patchOf('v2'), undefined, never)).toEqual({ type: 'refused', version: 'v1' })
    await writer.setSynchronizedOn(5, never)
  })

  it('fails if the server does, and continues on a new connection', async () => {
    const prefix = freshPrefix()
    const writer = open(prefix)
    await server.as((client) => client.set(`${prefix}:big_segment_include:h0`, 'text'))
    const patch = patchOf('v1', { included: { add: ['h0'], remove: [] } })
    await expect(writer.apply(patch, undefined, never)).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('cannot write big segments: a key under the prefix has another type'),
    })
    await server.as((client) => client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'))
    const works = async (): Promise<unknown> =>
      writer.setSynchronizedOn(5, never).then(
        () => 'written',
        () => 'failed',
      )
    await expect.poll(works).toBe('written')
    expect(await server.as((client) => client.get(`${prefix}:big_segments_synchronized_on`))).toBe('5')
  })
})

/** Stores a version in the way of LaunchDarkly's Relay Proxy. */
async function asRelayProxy(client: Redis, prefix: string, version: string): Promise<void> {
  await client.watch(`${prefix}:big_segments_lock`)
  for (;;) {
    const results = await client
      .multi()
      .set(`${prefix}:big_segments_lock`, '')
      .set(`${prefix}:big_segments_cursor`, version)
      .exec()
    if (results) return
  }
}
