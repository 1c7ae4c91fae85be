import { expect, it, onTestFinished } from 'vitest'
import { Queue } from '../../src/async/queue.ts'
import type { ItemKind } from '../../src/model/change-set.ts'
import { StoreError } from '../../src/model/errors.ts'
import type { PersistentStore, Row, StoreChange, StoreUse } from '../../src/model/persistent-store.ts'
import { CachingReader } from '../../src/store/lazy/caching-reader.ts'
import { LazyReads, type LazyReadsOptions } from '../../src/store/lazy/lazy-reads.ts'
import { LazyView } from '../../src/store/lazy/lazy-view.ts'
import { monitored } from '../../src/store/monitored.ts'
import { StoreMonitor } from '../../src/store/store-monitor.ts'
import { MemoryDatabase } from '../../src/testing/memory-database.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

function setup(use: StoreUse & Partial<Pick<LazyReadsOptions, 'gate' | 'random' | 'feed'>> = {}) {
  const clock = new VirtualClock()
  const database = new MemoryDatabase()
  const { gate = 'open', random = () => 0, cacheTtlMs = 30_000, staleOnErrorMs = 0 } = use
  const { store, feed } = database.description().open({ clock, random, logger: silent })
  const monitor = new StoreMonitor(store.name, 'reader', { clock, logger: silent })
  const reads = new LazyReads({
    store: monitored(store, monitor),
    feed: use.feed ?? feed,
    monitor,
    gate,
    fills: 'soon',
    cacheTtlMs,
    staleOnErrorMs,
    clock,
    random,
  })
  const controller = new AbortController()
  onTestFinished(() => controller.abort())
  const put = (key: string, version: number, kind: ItemKind = 'flag'): void =>
    database.put({ kind, key, text: JSON.stringify({ key, version }) })
  const asked = (): string[] => database.calls.splice(0)
  return { clock, database, monitor, reads, put, asked, listen: () => void reads.run(controller.signal) }
}

/** Lazy reads of a database that answers when the test decides, with a feed that reports changes at once. */
function scripted(answers: Pick<PersistentStore, 'get' | 'readAll'>) {
  const clock = new VirtualClock()
  const monitor = new StoreMonitor('scripted', 'reader', { clock, logger: silent })
  const store = {
    ...new MemoryDatabase().description().open({ clock, random: () => 0, logger: silent }).store,
    ...answers,
  }
  const { signal } = new AbortController()
  const reader = new CachingReader({
    store,
    monitor,
    ttlMs: 30_000,
    staleOnErrorMs: 0,
    clock,
    random: () => 0,
    signal,
  })
  const reads = {
    view: () => new LazyView(reader),
    all: () => reader.all(),
    seen: () => reader.cachedItems(),
  }
  return { reads, change: (change: StoreChange) => reader.invalidate(change) }
}

/** Returns the version that one evaluation reads. */
async function version(reads: Pick<LazyReads, 'view'>, key: string): Promise<number | undefined> {
  const view = reads.view()
  for (;;) {
    const flag = view.flag(key)
    if (view.complete) return flag?.version
    await view.fill()
  }
}

const peeked = (view: LazyView, key: string): number | undefined | 'unknown' => {
  const flag = view.flag(key)
  return view.complete ? flag?.version : 'unknown'
}

it('D18.3: serves an item from the cache for the TTL, and reads it again afterwards', async () => {
  const { clock, reads, put, asked } = setup({ random: () => 0 })
  put('a', 1)
  expect(await version(reads, 'a')).toBe(1)
  put('a', 2)
  await clock.advance(23_999)
  expect(await version(reads, 'a')).toBe(1)
  expect(asked()).toEqual(['get flag a'])
})

it('D18.5: refreshes an item in the background after 80 % of the TTL', async () => {
  const { clock, reads, put, asked } = setup()
  put('a', 1)
  await version(reads, 'a')
  put('a', 2)
  await clock.advance(24_000)
  asked()
  expect(peeked(reads.view(), 'a')).toBe(1)
  expect(peeked(reads.view(), 'a')).toBe(1)
  await clock.advance(0)
  expect(asked()).toEqual(['get flag a'])
  expect(peeked(reads.view(), 'a')).toBe(2)
  await clock.advance(23_000)
  expect(peeked(reads.view(), 'a')).toBe(2)
  expect(asked()).toEqual([])
})

it('D18.3: shortens the TTL by a jitter of at most 10 %', async () => {
  const { clock, reads, put } = setup({ random: () => 0.999999 })
  put('a', 1)
  await version(reads, 'a')
  await clock.advance(27_001)
  expect(peeked(reads.view(), 'a')).toBe('unknown')
})

it('D18.6: sends one request for a thousand readers of an expired key', async () => {
  const { clock, reads, put, asked } = setup()
  put('a', 1)
  await version(reads, 'a')
  await clock.advance(30_001)
  asked()
  const versions = await Promise.all(Array.from({ length: 1_000 }, () => version(reads, 'a')))
  expect(new Set(versions)).toEqual(new Set([1]))
  expect(asked()).toEqual(['get flag a'])
})

it('D18.3: reads each time with a TTL of 0, and once with an infinite one', async () => {
  const none = setup({ cacheTtlMs: 0 })
  none.put('a', 1)
  expect(await version(none.reads, 'a')).toBe(1)
  none.put('a', 2)
  expect(await version(none.reads, 'a')).toBe(2)
  expect(none.asked()).toHaveLength(2)
  const forever = setup({ cacheTtlMs: Infinity })
  forever.put('a', 1)
  expect(await version(forever.reads, 'a')).toBe(1)
  forever.put('a', 2)
  await forever.clock.advance(1e12)
  expect(await version(forever.reads, 'a')).toBe(1)
  expect(forever.asked()).toHaveLength(1)
})

it('D18.4: caches absence for at most 5 s', async () => {
  const { clock, reads, put, asked } = setup()
  expect(await version(reads, 'a')).toBeUndefined()
  put('a', 1)
  await clock.advance(3_999)
  expect(await version(reads, 'a')).toBeUndefined()
  expect(asked()).toHaveLength(1)
  await clock.advance(1_002)
  expect(await version(reads, 'a')).toBe(1)
})

it('D17: treats tombstones and unreadable rows as absent, and lists unreadable rows in the status', async () => {
  const { clock, database, reads, monitor, put } = setup()
  database.put({ kind: 'flag', key: 'dead', text: '{"version":2,"deleted":true}' })
  database.put({ kind: 'flag', key: 'bad', text: '{' })
  expect(await version(reads, 'dead')).toBeUndefined()
  expect(await version(reads, 'bad')).toBeUndefined()
  expect(monitor.status.current.quarantined).toEqual([{ kind: 'flag', key: 'bad' }])
  put('good', 1)
  expect([...(await reads.all()).flag.keys()]).toEqual(['good'])
  put('bad', 1)
  await clock.advance(60_000)
  expect(await version(reads, 'bad')).toBe(1)
  expect(monitor.status.current.quarantined).toEqual([])
})

it('D18: serves fresh items while the database is down, and then rejects', async () => {
  const { clock, database, reads, put, monitor } = setup()
  put('a', 1)
  await version(reads, 'a')
  database.fail('error')
  await clock.advance(29_000)
  expect(await version(reads, 'a')).toBe(1)
  await clock.advance(1_001)
  await expect(version(reads, 'a')).rejects.toMatchObject({ code: 'STORE' })
  expect(monitor.status.current.state).toBe('unavailable')
})

it('D18.7: serves expired items for staleOnErrorMs while the database is down', async () => {
  const { clock, database, reads, put, monitor } = setup({ staleOnErrorMs: 60_000 })
  put('a', 1)
  await version(reads, 'a')
  await reads.all()
  database.fail('error')
  await clock.advance(89_999)
  expect(await version(reads, 'a')).toBe(1)
  expect(monitor.status.current.stale).toBe(true)
  expect((await reads.all()).flag.get('a')?.version).toBe(1)
  await clock.advance(2)
  await expect(version(reads, 'a')).rejects.toMatchObject({ code: 'STORE' })
  await expect(reads.all()).rejects.toMatchObject({ code: 'STORE' })
  database.heal()
  await clock.advance(1_001)
  expect(await version(reads, 'a')).toBe(1)
  expect(monitor.status.current.stale).toBe(false)
})

it('D18: fails after 5 s if the database hangs, and then at once for a second', async () => {
  const { clock, database, reads, asked } = setup()
  database.fail('hang')
  const first = version(reads, 'a')
  const settled = expect(first).rejects.toMatchObject({ code: 'STORE' })
  await clock.advance(5_001)
  await settled
  asked()
  await expect(version(reads, 'a')).rejects.toMatchObject({ code: 'STORE' })
  await expect(version(reads, 'b')).rejects.toMatchObject({ code: 'STORE' })
  expect(asked()).toEqual([])
})

it('D18: a change notice expires its keys at once, and no others', async () => {
  const { clock, database, reads, put, asked, listen } = setup()
  listen()
  await clock.advance(0)
  put('a', 1)
  put('b', 1)
  await version(reads, 'a')
  await version(reads, 'b')
  asked()
  const rows = [{ kind: 'flag', key: 'a', version: 2, text: '{"key":"a","version":2}' }] as const
  const notice = JSON.stringify({ type: 'changed', flags: ['a'], segments: [] })
  const { store } = database.description().open({ clock, random: () => 0, logger: silent })
  await store.write({ type: 'delta', rows, sidecar: '', notice }, new AbortController().signal)
  await clock.advance(0)
  asked()
  expect(await version(reads, 'a')).toBe(2)
  expect(await version(reads, 'b')).toBe(1)
  expect(asked()).toEqual(['get flag a'])
})

it('D18: does not cache or share an answer that a change made outdated', async () => {
  const answers: ((rows: readonly Row[]) => void)[] = []
  const answer = (): Promise<readonly Row[]> => new Promise((resolve) => answers.push(resolve))
  const { reads, change } = scripted({
    get: async () => (await answer())[0],
    readAll: async () => ({ initialized: true, rows: await answer() }),
  })
  const row = (version: number): Row => ({ kind: 'flag', key: 'a', text: `{"version":${version}}` })
  const listed = async (): Promise<number | undefined> => (await reads.all()).flag.get('a')?.version
  for (const read of [() => version(reads, 'a'), listed]) {
    const [early, joined] = [read(), read()]
    change({ type: 'changed', flags: ['a'], segments: [] })
    const late = read()
    expect(answers).toHaveLength(2)
    answers[1]?.([row(2)])
    expect(await late).toBe(2)
    answers[0]?.([row(1)])
    expect(await Promise.all([early, joined])).toEqual([1, 1])
    expect(await read()).toBe(2)
    answers.length = 0
    change({ type: 'replaced' })
  }
})

it('D18: answers single reads from a fresh listing', async () => {
  const { clock, reads, put, asked } = setup()
  put('a', 1)
  await reads.all()
  expect(await version(reads, 'a')).toBe(1)
  expect(await version(reads, 'b')).toBeUndefined()
  expect((await Promise.all(Array.from({ length: 20 }, () => reads.all()))).length).toBe(20)
  expect(asked()).toEqual(['readAll'])
  await clock.advance(30_001)
  await Promise.all(Array.from({ length: 20 }, () => reads.all()))
  expect(asked()).toEqual(['readAll'])
})

it('one view returns the same item throughout, although the cache changes', async () => {
  const { reads, put } = setup({ cacheTtlMs: 0 })
  put('a', 1)
  const view = reads.view()
  view.flag('a')
  await view.fill()
  put('a', 2)
  expect(view.flag('a')?.version).toBe(1)
  expect(view.complete).toBe(true)
})

it('D22.1: is not ready without the marker, whose absence is cached for the TTL', async () => {
  const { clock, database, reads, asked } = setup({ gate: 'marker' })
  expect(await reads.ready()).toBe(false)
  database.marker = true
  await clock.advance(29_999)
  expect(await reads.ready()).toBe(false)
  expect(asked()).toEqual(['initialized'])
  await clock.advance(2)
  expect(await reads.ready()).toBe(true)
  const forever = setup({ gate: 'marker', cacheTtlMs: Infinity })
  expect(await forever.reads.ready()).toBe(false)
  forever.database.marker = true
  await forever.clock.advance(1e9)
  expect(await forever.reads.ready()).toBe(false)
  const none = setup({ gate: 'marker', cacheTtlMs: 0 })
  expect(await none.reads.ready()).toBe(false)
  none.database.marker = true
  expect(await none.reads.ready()).toBe(true)
})

it('D18: ignores the marker if there is no service, and detects an empty database', async () => {
  const { clock, database, reads, put } = setup()
  expect(await reads.ready()).toBe(true)
  expect(await reads.isEmpty()).toBe(true)
  put('a', 1)
  await clock.advance(5_001)
  expect(await reads.isEmpty()).toBe(false)
  expect(database.marker).toBe(false)
})

it('rejects every read after the close', async () => {
  const { reads } = setup()
  reads.close()
  await expect(version(reads, 'a')).rejects.toMatchObject({ code: 'STORE' })
})

it('D18: answers single reads from an expired listing while the database is down', async () => {
  const { clock, database, reads, put } = setup({ staleOnErrorMs: 60_000 })
  put('a', 1)
  await reads.all()
  database.fail('error')
  await clock.advance(60_000)
  expect(await version(reads, 'a')).toBe(1)
  expect(await version(reads, 'unknown')).toBeUndefined()
  await clock.advance(30_001)
  await expect(version(reads, 'a')).rejects.toMatchObject({ code: 'STORE' })
})

it('D22: serves the cached marker for staleOnErrorMs while the database is down', async () => {
  const { clock, database, reads, put } = setup({ gate: 'marker', staleOnErrorMs: 60_000 })
  database.marker = true
  put('a', 1)
  expect(await reads.ready()).toBe(true)
  await version(reads, 'a')
  database.fail('error')
  await clock.advance(80_000)
  expect(await reads.ready()).toBe(true)
  expect(await version(reads, 'a')).toBe(1)
  await clock.advance(10_001)
  await expect(reads.ready()).rejects.toMatchObject({ code: 'STORE' })
})

it('D22: a replacement expires a cached absence of the marker with an infinite TTL', async () => {
  const { clock, database, reads, put, listen } = setup({ gate: 'marker', cacheTtlMs: Infinity })
  listen()
  await clock.advance(0)
  expect(await reads.ready()).toBe(false)
  expect(reads.hasData).toBe(false)
  put('a', 1)
  database.marker = true
  database.notify({ type: 'replaced' })
  await clock.advance(0)
  expect(await reads.ready()).toBe(true)
  expect(reads.hasData).toBe(true)
})

it('D22: keeps the last known marker if there is no read for longer than the TTL', async () => {
  const { clock, database, reads } = setup({ gate: 'marker' })
  database.marker = true
  await reads.ready()
  await clock.advance(60_000)
  expect(reads.hasData).toBe(true)
})

it('D18: a refused read does not prevent other reads', async () => {
  const { reads } = scripted({
    get(kind, key) {
      if (key === 'impossible') return Promise.reject(new StoreError('refused', 'no such key can be'))
      return Promise.resolve({ kind, key, text: '{"version":1}' })
    },
    readAll: () => Promise.resolve({ initialized: true, rows: [] }),
  })
  await expect(version(reads, 'impossible')).rejects.toMatchObject({ kind: 'refused' })
  expect(await version(reads, 'a')).toBe(1)
})

it('D18: uses the later request of a listing and a single read, in whatever order they are answered', async () => {
  const answers: ((rows: readonly Row[]) => void)[] = []
  const answer = (): Promise<readonly Row[]> => new Promise((resolve) => answers.push(resolve))
  const { reads } = scripted({
    get: async () => (await answer())[0],
    readAll: async () => ({ initialized: true, rows: await answer() }),
  })
  const row = (number: number): Row => ({ kind: 'flag', key: 'a', text: `{"version":${number}}` })
  const listing = reads.all()
  const single = version(reads, 'a')
  answers[1]?.([row(2)])
  expect(await single).toBe(2)
  answers[0]?.([row(1)])
  await listing
  expect(await version(reads, 'a')).toBe(2)
  expect(reads.seen().get('flag', 'a')?.version).toBe(2)
})

it('D24: cachedItems returns the items of a listing that was read after a single item', async () => {
  const { reads, put } = setup()
  put('a', 1)
  put('b', 1)
  await version(reads, 'a')
  put('a', 2)
  await reads.all()
  expect(await version(reads, 'a')).toBe(2)
  expect(reads.cachedItems().get('flag', 'a')?.version).toBe(2)
  expect([...reads.cachedItems().all('flag').keys()]).toEqual(['a', 'b'])
})

it('D18: a change of one flag keeps the other items and absences of a listing fresh', async () => {
  const { clock, database, reads, put, asked, listen } = setup()
  listen()
  await clock.advance(0)
  for (const key of ['a', 'b']) put(key, 1)
  await reads.all()
  put('a', 2)
  put('new', 1)
  database.notify({ type: 'changed', flags: ['a', 'new'], segments: [] })
  await clock.advance(0)
  asked()
  expect(await version(reads, 'a')).toBe(2)
  expect(await version(reads, 'b')).toBe(1)
  expect(await version(reads, 'new')).toBe(1)
  expect(asked()).toEqual(['get flag a', 'get flag new'])
  expect((await reads.all()).flag.get('a')?.version).toBe(2)
  expect(asked()).toEqual(['readAll'])
})

it('D18: refreshes a listing in the background, and ignores a failure', async () => {
  const { clock, database, reads, put, asked } = setup()
  put('a', 1)
  await reads.all()
  put('a', 2)
  await clock.advance(24_000)
  asked()
  expect((await reads.all()).flag.get('a')?.version).toBe(1)
  await clock.advance(0)
  expect(asked()).toEqual(['readAll'])
  expect((await reads.all()).flag.get('a')?.version).toBe(2)
  database.fail('error')
  await clock.advance(24_000)
  expect((await reads.all()).flag.get('a')?.version).toBe(2)
  expect(peeked(reads.view(), 'a')).toBe(2)
  await clock.advance(0)
})

it('D17: removes an unreadable row from the status when it is deleted', async () => {
  const { clock, database, reads, monitor } = setup()
  const bad = { kind: 'flag', text: '{' } as const
  for (const key of ['x', 'y']) database.put({ ...bad, key })
  await version(reads, 'x')
  await reads.all()
  expect(monitor.status.current.quarantined).toHaveLength(2)
  database.wipe()
  database.put({ ...bad, key: 'y' })
  await clock.advance(60_000)
  await version(reads, 'x')
  expect(monitor.status.current.quarantined).toEqual([{ kind: 'flag', key: 'y' }])
  database.wipe()
  await clock.advance(60_000)
  await reads.all()
  expect(monitor.status.current.quarantined).toEqual([])
})

it('counts cache hits and misses in the status', async () => {
  const { reads, put, monitor } = setup()
  put('a', 1)
  await version(reads, 'a')
  await version(reads, 'a')
  await version(reads, 'a')
  expect(monitor.status.current.cache).toEqual({ hits: 2, misses: 1 })
})

it.each([
  ['at once', [], 0, 1],
  ['late', [], 2_000, 2],
  ['after it could not', [{ type: 'interrupted', reason: 'down' }], 500, 2],
] as const)(
  'D18: keeps items from before the start of the feed (%s) only if it started at once',
  async (_, words, ms, seen) => {
    const queue = new Queue<StoreChange>()
    const { clock, reads, put, listen } = setup({ cacheTtlMs: Infinity, feed: { changes: () => queue } })
    listen()
    for (const word of words) queue.push(word)
    put('a', 1)
    await version(reads, 'a')
    put('a', 2)
    await clock.advance(ms)
    queue.push({ type: 'replaced' })
    await clock.advance(0)
    expect(await version(reads, 'a')).toBe(seen)
  },
)
