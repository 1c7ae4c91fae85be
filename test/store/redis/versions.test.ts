import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type ItemKind, KINDS } from '../../../src/model/change-set.ts'
import type { Row, StoreWrite } from '../../../src/model/persistent-store.ts'
import { MemoryDatabase } from '../../../src/testing/memory-database.ts'
import { describeWithRedis, type RedisServer, startRedis } from '../../support/redis-server.ts'
import { delta, freshPrefix, full, never, row } from '../../support/store-writes.ts'
import { type Opened, openRedis, textsOf } from './opened.ts'

describeWithRedis('versions in Redis', () => {
  let server: RedisServer
  let prefix: string
  beforeAll(async () => {
    server = await startRedis()
    await server.as((client) =>
      client.call('ACL', 'SETUSER', 'unscripted', 'on', '>secret', '~*', '&*', '+@all', '-@scripting'),
    )
  })
  afterAll(() => server?.stop())
  beforeEach(() => {
    prefix = freshPrefix()
  })

  const put = (kind: ItemKind, key: string, text: string, at = prefix): Promise<unknown> =>
    server.as((client) => client.hset(`${at}:${kind === 'flag' ? 'features' : 'segments'}`, key, text))

  const key = fc.constantFrom('a', 'b', '__proto__', '')
  const version = fc.integer({ min: 0, max: 6 })
  const theirs = fc.oneof(
    version.map((number) => `{"version":${number},"deleted":true}`),
    version.map((number) => JSON.stringify({ key: '$deleted', version: number, deleted: true })),
    fc.constantFrom('', 'null', '[]', '7', '"text"', '{', '{}', '{"version":"9"}', '{"version":1e999}'),
    fc.constantFrom('{"deleted":true}', '{"key":"a","version":2.5}', '{"rules":[{"version":9}],"version":1}'),
  )
  const write = fc.record({
    type: fc.constantFrom('full', 'delta', 'delta', 'delta'),
    rows: fc.uniqueArray(fc.record({ kind: fc.constantFrom(...KINDS), key, version }), {
      selector: ({ kind, key: name }) => `${kind} ${name}`,
      maxLength: 5,
    }),
  })
  const foreign = fc.record({
    type: fc.constant('foreign'),
    kind: fc.constantFrom(...KINDS),
    key,
    text: theirs,
  })

  describe.each([
    ['scripts', {}],
    ['WATCH', { username: 'unscripted', password: 'secret' }],
  ])('by %s', (_by, login) => {
    const opened = (at: string): Opened => openRedis({ url: server.url, prefix: at, ...login })

    it('(S72) applies a delta of thousands of rows at once for concurrent readers', async () => {
      const redis = opened(prefix)
      const rows = (number: number) =>
        Array.from({ length: 3_000 }, (_, index) => row(`flag-${index}`, number))
      await redis.store.write(full(...rows(1)), never)
      let writing = true
      const seen = server.as(async (client) => {
        const mixtures = new Set<string>()
        while (writing) {
          const texts = await client.hmget(`${prefix}:features`, 'flag-0', 'flag-1500', 'flag-2999')
          mixtures.add(texts.map((text) => JSON.parse(text ?? '{}').version).join())
        }
        return mixtures
      })
      for (let number = 2; number <= 6; number++) await redis.store.write(delta(...rows(number)), never)
      writing = false
      const all = new Set(
        Array.from({ length: 6 }, (_, index) =>
          Array(3)
            .fill(index + 1)
            .join(),
        ),
      )
      expect([...(await seen)].filter((mixture) => !all.has(mixture))).toEqual([])
    })

    it('(S72) ends with the rows of a database in memory after writes and foreign rows in any order', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.oneof(write, foreign), { maxLength: 12 }), async (steps) => {
          const at = freshPrefix()
          const redis = opened(at)
          const model = new MemoryDatabase()
          const { store } = model.description().open({ clock: hold, random: Math.random, logger: silent })
          for (const step of steps) {
            if ('text' in step) {
              const their: Row = { kind: step.kind, key: step.key, text: step.text }
              model.put(their)
              await put(their.kind, their.key, their.text, at)
            } else {
              const rows = step.rows.map((each) => row(each.key, each.version, each.kind))
              const both: StoreWrite = step.type === 'full' ? full(...rows) : delta(...rows)
              expect(await redis.store.write(both, never)).toEqual(await store.write(both, never))
            }
          }
          expect(await sorted(redis)).toEqual(await sorted({ ...redis, store }))
          await redis.store.close()
        }),
        { numRuns: 40 },
      )
    })

    it.each([
      ['{"key":"a","version":3}', 3],
      ['{"version":3,"deleted":true}', 3],
      ['{"key":"$deleted","version":3,"deleted":true}', 3],
      ['{"deleted":true}', 0],
      ['{"rules":[{"version":9}],"version":3}', 3],
      ['{"version":9,"version":3}', 3],
      ['{"version":2,"version":3}', 3],
      [String.raw`{"\u0076ersion":3}`, 3],
      [String.raw`{"version":2,"\u0076ersion":3}`, 3],
      ['{ "version" : 3.0 }', 3],
      ['{"name":"version","version":3e0,"rules":[]}', 3],
      [String.raw`{"note":"\"version\":9","version":3}`, 3],
      ['{"version":3,"custom":{"version":"9"}}', 3],
    ])('%s is of version %i (S72)', async (text, version) => {
      await put('flag', 'a', text)
      const { store } = opened(prefix)
      expect(await store.write(delta(row('a', version)), never)).toMatchObject({ older: 1 })
      expect(await store.get('flag', 'a', never)).toMatchObject({ text })
      expect(await store.write(delta(row('a', version + 1)), never)).toMatchObject({ older: 0 })
    })

    it.each([
      '',
      'null',
      '[]',
      '{',
      '{"version":"9"}',
      '{"version":1e999}',
      '{"a":{"version":9}}',
      '{"version":9',
    ])('a text without a version, %s, is older than everything (S72.2)', async (text) => {
      await put('flag', 'a', text)
      expect(await opened(prefix).store.write(delta(row('a', 0)), never)).toMatchObject({ older: 0 })
    })

    it('(S72) distinguishes versions up to 2^53', async () => {
      const { store } = opened(prefix)
      const greatest = Number.MAX_SAFE_INTEGER
      await store.write(full(row('a', greatest - 1)), never)
      expect(await store.write(delta(row('a', greatest - 2)), never)).toMatchObject({ refused: [], older: 1 })
      expect(await store.write(delta(row('a', greatest)), never)).toMatchObject({ refused: [], older: 0 })
      expect(await store.write(delta(row('a', greatest)), never)).toMatchObject({ refused: [], older: 1 })
      expect((await textsOf({ ...opened(prefix), store })).get('flag a')).toBe(row('a', greatest).text)
    })

    it('(S72) writes a delta of thousands of rows completely, with its sidecar last', async () => {
      const { store } = opened(prefix)
      const rows = (each: number) =>
        Array.from({ length: 3_000 }, (_, index) => row(`flag-${index}`, index % 3 === 0 ? 2 : each))
      await store.write(full(...rows(1)), never)
      const last = delta(...rows(3))
      expect(await store.write(last, never)).toMatchObject({ refused: [], older: 1_000 })
      const stored = await store.readAll(never)
      expect(stored.sidecar).toBe(last.sidecar)
      expect(new Set(stored.rows.map(({ text }) => text))).toEqual(new Set(rows(3).map(({ text }) => text)))
    })

    it('keeps the greatest version after concurrent writes of one key', async () => {
      const writers = Array.from({ length: 4 }, () => opened(prefix))
      await Promise.all(
        writers.flatMap(({ store }, writer) =>
          [1, 2, 3].map((round) => store.write(delta(row('a', round * 10 + writer)), never)),
        ),
      )
      expect((await textsOf(writers[0] as Opened)).get('flag a')).toBe(row('a', 33).text)
    })
  })
})

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const hold = {
  now: () => 0,
  monotonic: () => 0,
  after: () => () => {},
  hold: () => () => {},
  breathe: async () => {},
}

async function sorted({ store }: Pick<Opened, 'store'>): Promise<unknown> {
  const { initialized, rows, sidecar } = await store.readAll(never)
  const texts = rows.map(({ kind, key, text }) => `${kind} ${key} ${text}`)
  return { initialized, sidecar, texts: texts.toSorted() }
}
