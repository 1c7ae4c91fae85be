import { expect, it, onTestFinished } from 'vitest'
import { sleep } from '../../src/async/sleep.ts'
import type { ChangeFeed, PersistentStore, RowName, StoreChange } from '../../src/model/persistent-store.ts'
import type { SourceResult } from '../../src/model/source-result.ts'
import { storeSynchronizer } from '../../src/synchronizers/store.ts'
import { MemoryDatabase } from '../../src/testing/memory-database.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

interface Setup {
  readonly intervalMs?: number
  /** A feed that replaces the one of the database. */
  readonly feed?: (clock: VirtualClock) => ChangeFeed
  /** Duration of each read, in milliseconds. */
  readonly latencyMs?: number
}

function start({ intervalMs = 30_000, feed, latencyMs = 0 }: Setup = {}) {
  const clock = new VirtualClock()
  const database = new MemoryDatabase()
  const opened = database.description().open({ clock, random: () => 0, logger: silent })
  const slowly = async <T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> => {
    await sleep(clock, latencyMs, signal)
    return call()
  }
  const store: PersistentStore = {
    ...opened.store,
    get: (kind, key, signal) => slowly(signal, () => opened.store.get(kind, key, signal)),
    readAll: (signal) => slowly(signal, () => opened.store.readAll(signal)),
  }
  const quarantined: (readonly RowName[])[] = []
  const source = storeSynchronizer({
    store,
    feed: feed?.(clock) ?? opened.feed,
    intervalMs,
    startAfter: Promise.resolve(),
    onQuarantine: (rows) => quarantined.push(rows),
    clock,
    random: () => 0,
  })
  const said: SourceResult[] = []
  const held = new Map<string, number>()
  const controller = new AbortController()
  const running = (async () => {
    for await (const result of source.sync(undefined, controller.signal)) {
      said.push(result)
      if (result.type !== 'changeSet' || result.changeSet.type === 'none') continue
      if (result.changeSet.type === 'full') held.clear()
      for (const change of result.changeSet.changes) {
        if (change.op === 'put') held.set(change.key, change.version)
        else held.delete(change.key)
      }
    }
  })()
  const close = (): Promise<void> => {
    controller.abort()
    return running
  }
  onTestFinished(close)
  const put = (key: string, version: number): void =>
    database.put({ kind: 'flag', key, text: JSON.stringify({ key, version }) })
  const tell = (...flags: readonly string[]): void =>
    database.notify({ type: 'changed', flags, segments: [] })
  const asked = (what: string): number =>
    database.calls.splice(0).filter((line) => line.startsWith(what)).length
  return { clock, database, said, held, quarantined, put, tell, asked, close }
}

/** Returns a feed that reports the given changes at the given times. */
const scripted =
  (...script: readonly (readonly [delayMs: number, change: StoreChange])[]) =>
  (clock: VirtualClock): ChangeFeed => ({
    async *changes(signal) {
      for (const [delayMs, change] of script) {
        await sleep(clock, delayMs, signal)
        if (signal.aborted) return
        yield change
      }
      await sleep(clock, Infinity, signal)
    },
  })

const changed = (...flags: readonly string[]): StoreChange => ({ type: 'changed', flags, segments: [] })
const replaced = { type: 'replaced' } as const
const interrupted = { type: 'interrupted', reason: 'down' } as const

it('(D18) a full read yields only the differences', async () => {
  const { clock, database, said, put } = start()
  for (const key of ['a', 'b', 'c']) put(key, 1)
  await clock.advance(0)
  put('b', 2)
  await clock.advance(30_000)
  await clock.advance(30_000)
  database.wipe()
  database.damage({ marker: true })
  await clock.advance(30_000)
  const changeSets = said.map((result) => (result.type === 'changeSet' ? result.changeSet : undefined))
  expect(changeSets.map((changeSet) => changeSet?.type)).toEqual(['full', 'partial', 'none', 'partial'])
  expect(changeSets[1]).toMatchObject({ changes: [{ op: 'put', key: 'b', version: 2 }] })
  expect(changeSets[3]).toMatchObject({ changes: ['a', 'b', 'c'].map((key) => ({ op: 'delete', key })) })
})

it('(D18) a row that was read after a report is unchanged at the next full read', async () => {
  const { clock, said, put, tell } = start()
  put('a', 1)
  await clock.advance(0)
  put('a', 2)
  tell('a')
  await clock.advance(30_000)
  expect(said.map((result) => result.type === 'changeSet' && result.changeSet.type)).toEqual([
    'full',
    'partial',
    'none',
  ])
})

it('(D18) many reported changes neither block the process nor delay the data', async () => {
  const { clock, held, put, tell, asked } = start({ latencyMs: 200 })
  for (let key = 0; key < 500; key++) put(`f${key}`, 1)
  await clock.advance(1_500)
  asked('readAll')
  for (let change = 0; change < 10_000; change++) {
    put(`f${change % 500}`, 2 + change)
    tell(`f${change % 500}`)
    await clock.advance(1)
  }
  // Ten seconds: everything at once, and a rest.
  expect(asked('readAll')).toBeLessThan(12)
  const behind = [...held].filter(([key, version]) => version < 10_000 - 2_000 - Number(key.slice(1)))
  expect(behind).toEqual([])
  await clock.advance(2_500)
  for (let key = 0; key < 500; key++) expect(held.get(`f${key}`)).toBe(2 + 9_500 + key)
})

it('(D18) repeated changes of one flag are one row to read', async () => {
  const { clock, held, put, tell, asked } = start({ latencyMs: 100 })
  put('a', 1)
  await clock.advance(1_000)
  asked('')
  for (let version = 2; version < 502; version++) {
    put('a', version)
    tell('a')
    await clock.advance(1)
  }
  await clock.advance(200)
  expect(held.get('a')).toBe(501)
  expect(asked('readAll')).toBe(0)
})

it('(D18) many changed rows cause a full read, few are read one by one', async () => {
  const { clock, held, put, tell, asked } = start()
  const keys = Array.from({ length: 51 }, (_, index) => `f${index}`)
  for (const key of keys) put(key, 1)
  await clock.advance(1_000)
  for (const key of keys) put(key, 2)
  asked('')
  tell(...keys)
  await clock.advance(0)
  expect(asked('readAll')).toBe(1)
  expect(held.get('f50')).toBe(2)
  tell(...keys.slice(1))
  await clock.advance(0)
  expect(asked('get')).toBe(50)
})

it('(D18) rows that could not be read are read with the next reported change', async () => {
  const feed = scripted([0, replaced], [1_000, changed('a')], [2_100, changed('b')])
  const { clock, database, held, said, put } = start({ feed })
  for (const key of ['a', 'b']) put(key, 1)
  await clock.advance(500)
  for (const key of ['a', 'b']) put(key, 2)
  database.fail('error')
  await clock.advance(2_000)
  expect(said.filter(({ type }) => type === 'interrupted')).toHaveLength(2)
  database.heal()
  await clock.advance(600)
  expect([held.get('a'), held.get('b')]).toEqual([2, 2])
})

it('(D18) a report without changed rows causes no read', async () => {
  const { clock, put, tell, asked } = start()
  put('a', 1)
  await clock.advance(0)
  asked('')
  for (let write = 0; write < 100; write++) {
    tell()
    await clock.advance(10)
  }
  expect(asked('')).toBe(0)
})

it('(D18) reports for one flag do not delay the full read', async () => {
  const { clock, held, put, tell } = start()
  put('told', 1)
  put('silent', 1)
  await clock.advance(0)
  put('silent', 2)
  for (let second = 0; second < 31; second++) {
    put('told', second + 2)
    tell('told')
    await clock.advance(1_000)
  }
  expect(held.get('silent')).toBe(2)
})

it('(D18) changes before the feed is connected are not missed, and a silent feed delays the start by a second', async () => {
  const late = start({ intervalMs: Infinity, feed: scripted([500, replaced], [10_000, changed('a')]) })
  late.put('a', 1)
  await late.clock.advance(400)
  expect(late.held.size).toBe(0)
  late.put('a', 2)
  await late.clock.advance(100)
  expect(late.held.get('a')).toBe(2)
  const later = start({ intervalMs: Infinity, feed: scripted([5_000, replaced]) })
  later.put('a', 1)
  await later.clock.advance(1_000)
  expect(later.held.get('a')).toBe(1)
  later.put('a', 2)
  await later.clock.advance(4_000)
  expect(later.held.get('a')).toBe(2)
  const mute = start({ feed: scripted() })
  mute.put('a', 1)
  await mute.clock.advance(1_000)
  expect(mute.held.get('a')).toBe(1)
})

it('(D18) an interrupted feed leaves the reads at the interval', async () => {
  const words = Array.from({ length: 1_000 }, () => [100, interrupted] as const)
  const { clock, held, put, asked } = start({ feed: scripted(...words) })
  put('a', 1)
  await clock.advance(1_000)
  put('a', 2)
  await clock.advance(30_000)
  expect(held.get('a')).toBe(2)
  expect(asked('readAll')).toBe(2)
})

it('(D18) a failed database is read with backoff, and at once when its feed reports a change', async () => {
  const { clock, database, said, held, put, asked } = start()
  put('a', 1)
  await clock.advance(0)
  database.fail('error')
  await clock.advance(3_600_000)
  expect(asked('readAll')).toBeLessThan(150)
  expect(said.at(-1)).toMatchObject({ type: 'interrupted', error: { kind: 'store_error' } })
  put('a', 2)
  database.heal()
  await clock.advance(1_000)
  expect(held.get('a')).toBe(2)
})

it('(D18) an empty database is reported once, and the data stays in memory', async () => {
  const { clock, database, said, held, put } = start()
  await clock.advance(3_600_000)
  expect(said).toMatchObject([
    { type: 'interrupted', error: { message: 'memory database: it holds no data' } },
  ])
  put('a', 1)
  await clock.advance(5_000)
  expect(held.get('a')).toBe(1)
  database.wipe()
  await clock.advance(60_000)
  expect(held.get('a')).toBe(1)
  expect(said).toHaveLength(3)
  put('a', 1)
  await clock.advance(5_000)
  expect(said.at(-1)).toEqual({ type: 'changeSet', changeSet: { type: 'none' } })
})

it('(D17) rows that cannot be decoded are reported once, with their names', async () => {
  const { clock, database, said, quarantined, held, put, tell } = start()
  put('a', 1)
  database.put({ kind: 'flag', key: 'bad', text: '{' })
  await clock.advance(0)
  put('a', 2)
  await clock.advance(60_000)
  expect(said.filter(({ type }) => type === 'skipped')).toHaveLength(1)
  expect(quarantined).toEqual([[{ kind: 'flag', key: 'bad' }]])
  put('bad', 1)
  tell('bad')
  await clock.advance(0)
  expect(held.get('bad')).toBe(1)
  expect(quarantined.at(-1)).toEqual([])
})

it.each([0, 200])(
  '(D20.4) no alarm is pending after a close at any time (reads take %d ms)',
  async (latencyMs) => {
    for (const closedAfterMs of [0, 1, 500, 1_100, 2_000, 31_000]) {
      const { clock, close, put, database } = start({ latencyMs })
      put('a', 1)
      database.notify(replaced)
      await clock.advance(closedAfterMs)
      await close()
      expect(clock.armed).toBe(0)
    }
  },
)
