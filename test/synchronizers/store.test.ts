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
  /** What the database tells, instead of what it would. */
  readonly feed?: (clock: VirtualClock) => ChangeFeed
  /** How long each answer takes. */
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
    wanted: Promise.resolve(),
    quarantined: (rows) => quarantined.push(rows),
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
  const tell = (...flags: readonly string[]): void => database.tell({ type: 'changed', flags, segments: [] })
  const asked = (what: string): number =>
    database.asked.splice(0).filter((line) => line.startsWith(what)).length
  return { clock, database, said, held, quarantined, put, tell, asked, close }
}

/** A feed that says these things at these times, and nothing else. */
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

it('D18: a look that finds what differs says just that', async () => {
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

it('D18: a row that was read because it was told of is no news at the next look', async () => {
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

it('D18: however many changes are told, the process is not starved, and the data is not behind', async () => {
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

it('D18: one flag that changes again and again is one row to read', async () => {
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

it('D18: of many rows at once everything is read, of few just those', async () => {
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

it('D18: what could not be read when it was told is read with the next thing that is', async () => {
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

it('D18: a write that changed nothing costs no reading', async () => {
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

it('D18: who tells of one flag does not keep the others from being looked at', async () => {
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

it('D18: what changed before listening began is not missed, and a feed without a word costs a second', async () => {
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

it('D18: a feed that says nothing but that it is interrupted leaves it at looking', async () => {
  const words = Array.from({ length: 1_000 }, () => [100, interrupted] as const)
  const { clock, held, put, asked } = start({ feed: scripted(...words) })
  put('a', 1)
  await clock.advance(1_000)
  put('a', 2)
  await clock.advance(30_000)
  expect(held.get('a')).toBe(2)
  expect(asked('readAll')).toBe(2)
})

it('D18: a database that is down is asked with growing waits, and at once when it tells it is back', async () => {
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

it('D18: that a database is empty is said once, and what was held stays', async () => {
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

it('D17: rows nobody can read are named, and said once', async () => {
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

it.each([0, 200])('D20.4: whenever it is closed nothing is armed (answers take %d ms)', async (latencyMs) => {
  for (const closedAfterMs of [0, 1, 500, 1_100, 2_000, 31_000]) {
    const { clock, close, put, database } = start({ latencyMs })
    put('a', 1)
    database.tell(replaced)
    await clock.advance(closedAfterMs)
    await close()
    expect(clock.armed).toBe(0)
  }
})
