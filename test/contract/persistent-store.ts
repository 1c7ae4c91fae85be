import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/async/clock.ts'
import { createClient } from '../../src/client/create-client.ts'
import { presets } from '../../src/config/presets.ts'
import { encodeItem, encodeTombstone } from '../../src/layout/row.ts'
import { REPLACED, readSidecar, writeNotice, writeSidecar } from '../../src/layout/sidecar.ts'
import type { ItemKind } from '../../src/model/change-set.ts'
import type { JsonObject } from '../../src/model/json.ts'
import type {
  OpenedStore,
  StoreChange,
  StoreDescription,
  StoreWrite,
  VersionedRow,
} from '../../src/model/persistent-store.ts'
import { startOrigin, status } from '../support/origin.ts'

/** The database under test. */
export interface Backend {
  /** Returns a store in the database. Each prefix is used by one test only. */
  describe(prefix: string): StoreDescription
}

const signal = new AbortController().signal
const silent = { debug() {}, info() {}, warn() {}, error() {} }
let prefixes = 0

/**
 * Defines the tests that every store must pass (D15–D18), on a real server or in memory.
 *
 * @param tooLong a text that exceeds the size limit of a row. Empty if the database has no limit.
 */
export function persistentStoreContract(name: string, backend: () => Backend, tooLong = ''): void {
  const freshPrefix = (): string => `contract-${process.pid}-${++prefixes}`

  const open = (prefix: string = freshPrefix()): OpenedStore => {
    const opened = backend()
      .describe(prefix)
      .open({ clock: systemClock, random: Math.random, logger: silent })
    onTestFinished(() => opened.store.close())
    return opened
  }

  const texts = async ({ store }: OpenedStore): Promise<Record<string, string>> => {
    const { rows } = await store.readAll(signal)
    return Object.fromEntries(rows.map(({ kind, key, text }) => [`${kind} ${key}`, text]))
  }

  const revisionOf = async ({ store }: OpenedStore): Promise<number | undefined> =>
    readSidecar((await store.readAll(signal)).sidecar)?.revision

  describe(`${name} keeps the contract of a persistent store`, () => {
    it('is empty before a write', async () => {
      const { store } = open()
      expect(await store.initialized(signal)).toBe(false)
      expect(await store.get('flag', 'a', signal)).toBeUndefined()
      expect(await store.readAll(signal)).toEqual({ initialized: false, rows: [] })
    })

    it('returns the rows, marker and sidecar of a full write unchanged', async () => {
      const opened = open()
      const report = await opened.store.write(full(row('a', 1), row('b', 2), row('s', 3, 'segment')), signal)
      expect(report).toMatchObject({ refused: [], older: 0 })
      expect(await opened.store.initialized(signal)).toBe(true)
      expect(await opened.store.get('flag', 'b', signal)).toMatchObject({
        kind: 'flag',
        key: 'b',
        text: row('b', 2).text,
      })
      expect(await opened.store.get('segment', 'b', signal)).toBeUndefined()
      expect(await texts(opened)).toEqual({
        'flag a': row('a', 1).text,
        'flag b': row('b', 2).text,
        'segment s': row('s', 3, 'segment').text,
      })
      expect(await revisionOf(opened)).toBe(revision)
    })

    it.each([
      ['in daemon mode', (store: StoreDescription) => presets.daemon(store)],
      ['beside a service that refuses the key', (store: StoreDescription) => presets.persistentStore(store)],
    ] as const)('rows are `cached` before any evaluation, %s (S182)', async (_mode, planOf) => {
      const prefix = freshPrefix()
      await open(prefix).store.write(full(row('a', 1)), signal)
      const origin = await startOrigin()
      for (const route of [origin.poll, origin.stream]) route.always(status(401))
      const client = createClient('sdk-key', {
        // A busy machine may take longer than the default of a second.
        dataSystem: planOf({ ...backend().describe(prefix), resumeTimeoutMs: 30_000 }),
        endpoints: origin.endpoints,
        logger: silent,
      })
      onTestFinished(() => client.close())
      expect(await client.waitForInitialization()).toMatchObject({ availability: 'cached' })
    })

    it('shares data with stores of the same prefix only', async () => {
      const prefix = freshPrefix()
      const opened = open(prefix)
      await opened.store.write(full(row('a', 1)), signal)
      await open(`${prefix}-staging`).store.write(full(row('x', 1)), signal)
      await opened.store.write(full(row('b', 1)), signal)
      expect(Object.keys(await texts(open(prefix)))).toEqual(['flag b'])
      expect(Object.keys(await texts(open(`${prefix}-staging`)))).toEqual(['flag x'])
      expect(await open().store.initialized(signal)).toBe(false)
    })

    it('(D15.3) replaces all rows in a full write, also by smaller versions', async () => {
      const opened = open()
      await opened.store.write(full(row('a', 9), row('gone', 9), row('s', 9, 'segment')), signal)
      await opened.store.write(full(row('a', 1)), signal)
      expect(await texts(opened)).toEqual({ 'flag a': row('a', 1).text })
      await opened.store.write(full(), signal)
      expect(await opened.store.readAll(signal)).toMatchObject({ initialized: true, rows: [] })
      expect(await revisionOf(opened)).toBe(revision)
    })

    it('(D11) writes only strictly newer rows of a delta', async () => {
      const opened = open()
      await opened.store.write(full(row('new', 1), row('same', 5), row('old', 5), row('other', 1)), signal)
      const report = await opened.store.write(
        delta(row('new', 2), row('same', 5, 'flag', 'changed'), row('old', 4), row('added', 1)),
        signal,
      )
      expect(report).toMatchObject({ refused: [], older: 2 })
      expect(await texts(opened)).toEqual({
        'flag new': row('new', 2).text,
        'flag same': row('same', 5).text,
        'flag old': row('old', 5).text,
        'flag other': row('other', 1).text,
        'flag added': row('added', 1).text,
      })
      expect(await revisionOf(opened)).toBe(revision)
    })

    it('does not set the marker in a delta', async () => {
      const { store } = open()
      await store.write(delta(row('a', 1)), signal)
      expect(await store.initialized(signal)).toBe(false)
      expect(await store.get('flag', 'a', signal)).toMatchObject({ text: row('a', 1).text })
    })

    it('(D17) orders tombstones by version like other rows', async () => {
      const opened = open()
      await opened.store.write(full(row('a', 1), row('b', 7)), signal)
      await opened.store.write(
        delta(encodeTombstone('flag', 'a', 2), encodeTombstone('flag', 'b', 2)),
        signal,
      )
      expect(await texts(opened)).toEqual({
        'flag a': '{"key":"$deleted","version":2,"deleted":true}',
        'flag b': row('b', 7).text,
      })
      await opened.store.write(delta(row('a', 2)), signal)
      expect((await texts(opened))['flag a']).toContain('$deleted')
      await opened.store.write(delta(row('a', 3)), signal)
      expect((await texts(opened))['flag a']).toBe(row('a', 3).text)
    })

    it('keeps the greater version of two concurrent writers, in any order', async () => {
      const prefix = freshPrefix()
      const [one, two] = [open(prefix), open(prefix)]
      await one.store.write(full(row('a', 0)), signal)
      for (let version = 1; version <= 20; version += 2) {
        await Promise.all([
          one.store.write(delta(row('a', version + 1)), signal),
          two.store.write(delta(row('a', version)), signal),
        ])
        expect(await texts(one)).toEqual({ 'flag a': row('a', version + 1).text })
      }
    })

    it('(D21) accepts any key', async () => {
      const keys = [
        '__proto__',
        'constructor',
        '$inited',
        '$halyard',
        'a/b',
        'a:b',
        'a b',
        'ключ',
        '%41',
        '..',
        '?#',
      ]
      const opened = open()
      await opened.store.write(full(...keys.map((key) => row(key, 1))), signal)
      await opened.store.write(delta(...keys.map((key) => row(key, 2))), signal)
      expect(new Map(Object.entries(await texts(opened)))).toEqual(
        new Map(keys.map((key) => [`flag ${key}`, row(key, 2).text])),
      )
      for (const key of keys) {
        expect(await opened.store.get('flag', key, signal)).toMatchObject({ key, text: row(key, 2).text })
      }
    })

    it('writes and reads 2,000 rows', async () => {
      const opened = open()
      const rows = Array.from({ length: 2_000 }, (_, index) =>
        row(`flag-${index}`, 1, 'flag', 'x'.repeat(200)),
      )
      await opened.store.write(full(...rows), signal)
      expect(new Set(Object.values(await texts(opened)))).toEqual(new Set(rows.map(({ text }) => text)))
      const report = await opened.store.write(delta(...rows.map(({ key }) => row(key, 2))), signal)
      expect(report.older).toBe(0)
      expect((await opened.store.readAll(signal)).rows).toHaveLength(2_000)
    })

    it.runIf(tooLong)('reports a row that is too large, and keeps its earlier value', async () => {
      const opened = open()
      await opened.store.write(full(row('big', 1), row('small', 1)), signal)
      for (const write of [full, delta]) {
        const report = await opened.store.write(
          write(row('big', 2, 'flag', tooLong), row('small', 2)),
          signal,
        )
        expect(report.refused).toMatchObject([{ kind: 'flag', key: 'big' }])
        expect((await texts(opened))['flag big']).toBe(row('big', 1).text)
      }
      expect((await texts(opened))['flag small']).toBe(row('small', 2).text)
    })

    it('rejects an aborted call and writes nothing', async () => {
      const opened = open()
      const aborted = AbortSignal.abort()
      for (const call of [
        () => opened.store.initialized(aborted),
        () => opened.store.get('flag', 'a', aborted),
        () => opened.store.readAll(aborted),
        () => opened.store.write(full(row('a', 1)), aborted),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: 'STORE', kind: 'unavailable' })
      }
      expect(await texts(opened)).toEqual({})
    })

    it('can be closed twice', async () => {
      const { store } = open()
      await store.write(full(row('a', 1)), signal)
      await store.close()
      await store.close()
    })

    it('rejects a write with a smaller fencing token', async () => {
      const opened = open()
      await opened.store.write({ ...full(row('a', 1)), fencingToken: 7 }, signal)
      for (const write of [full(row('a', 2)), delta(row('a', 2))]) {
        await expect(opened.store.write({ ...write, fencingToken: 6 }, signal)).rejects.toMatchObject({
          kind: 'fenced',
        })
      }
      expect(await texts(opened)).toEqual({ 'flag a': row('a', 1).text })
      await opened.store.write({ ...delta(row('a', 3)), fencingToken: 7 }, signal)
      expect(await texts(opened)).toEqual({ 'flag a': row('a', 3).text })
    })

    it('gives the lease to one holder and increases the fencing token with each holder', async () => {
      const prefix = freshPrefix()
      const [one, two] = [open(prefix).lease, open(prefix).lease]
      const first = await one.acquire('one', 60_000, signal)
      expect(first).toBeGreaterThan(0)
      expect(await two.acquire('two', 60_000, signal)).toBeUndefined()
      expect(await one.acquire('one', 60_000, signal)).toBe(first)
      await two.release('two', signal)
      expect(await two.acquire('two', 60_000, signal)).toBeUndefined()
      await one.release('one', signal)
      expect(await two.acquire('two', 60_000, signal)).toBeGreaterThan(first ?? 0)
    })

    it('gives an expired lease to another holder', async () => {
      const prefix = freshPrefix()
      const [one, two] = [open(prefix).lease, open(prefix).lease]
      const first = await one.acquire('one', 50, signal)
      let second: number | undefined
      while (second === undefined) second = await two.acquire('two', 60_000, signal)
      expect(second).toBeGreaterThan(first ?? 0)
      expect(await one.acquire('one', 60_000, signal)).toBeUndefined()
    })

    it('(D18) reports the written keys in the feed', async () => {
      const prefix = freshPrefix()
      const { store } = open(prefix)
      await store.write(full(row('a', 1)), signal)
      const controller = new AbortController()
      onTestFinished(() => controller.abort())
      const changes = open(prefix).feed.changes(controller.signal)[Symbol.asyncIterator]()
      const next = async (): Promise<StoreChange | 'end'> => {
        const { done, value } = await changes.next()
        return done ? 'end' : value
      }
      expect(await next()).toEqual({ type: 'replaced' })
      await store.write(delta(row('a', 2), row('s', 1, 'segment')), signal)
      expect(await next()).toEqual({ type: 'changed', flags: ['a'], segments: ['s'] })
      await store.write(full(row('a', 3)), signal)
      expect(await next()).toEqual({ type: 'replaced' })
      controller.abort()
      expect(await next()).toBe('end')
    })
  })
}

function row(key: string, version: number, kind: ItemKind = 'flag', note = ''): VersionedRow {
  const object: JsonObject = { key, version, note }
  return encodeItem(kind, { key, version, object })
}

let revision = 0

function full(...rows: readonly VersionedRow[]): StoreWrite {
  return { type: 'full', rows, ...beside(REPLACED) }
}

function delta(...rows: readonly VersionedRow[]): StoreWrite {
  return { type: 'delta', rows, ...beside(writeNotice(rows)) }
}

/** Returns a valid sidecar, because the feeds of some databases compare sidecars. */
function beside(notice: string): Pick<StoreWrite, 'sidecar' | 'notice'> {
  const sidecar = writeSidecar({
    keyFingerprint: 'f',
    generation: 'g',
    revision: ++revision,
    notice,
    savedAt: 0,
    digest: String(revision),
  })
  return { sidecar, notice }
}
