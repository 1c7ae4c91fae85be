import { afterAll, afterEach, expect, it, onTestFinished } from 'vitest'
import type { Clock } from '../../../src/async/clock.ts'
import { REPLACED, type Sidecar, writeNotice, writeSidecar } from '../../../src/layout/sidecar.ts'
import type { StoreChange } from '../../../src/model/persistent-store.ts'
import { SidecarWatch } from '../../../src/store/dynamodb/feed.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import { awsError, startDynalite } from '../../support/dynalite.ts'
import { freshPrefix, never, row } from '../../support/store-writes.ts'
import { hurried, type Opening, opened, TABLE, write } from './opened.ts'

const database = await startDynalite()
await database.createTable(TABLE)
afterAll(() => database.close())
afterEach(() => database.script())

const replaced: StoreChange = { type: 'replaced' }

function sidecar(revision: number, more: Partial<Sidecar> = {}): string {
  const notice = writeNotice([{ kind: 'flag', key: `flag-${revision}` }])
  const books = { keyFingerprint: 'f', generation: 'g', savedAt: 0, digest: '' }
  return writeSidecar({ ...books, revision, notice, ...more })
}

const changed = (revision: number): StoreChange => ({
  type: 'changed',
  flags: [`flag-${revision}`],
  segments: [],
})

/** Returns the changes that a watch reports for sidecars that are read one second apart. */
function watching(...looks: readonly (string | undefined)[]): (StoreChange | undefined)[] {
  const watch = new SidecarWatch()
  return looks.map((text, index) => watch.observe(text, index * 1_000))
}

it('(S79) reports the changes of the next revision, none for the same one, and all rows for any other', () => {
  expect(watching(sidecar(1), sidecar(2), sidecar(2), sidecar(3))).toEqual([
    replaced,
    changed(2),
    undefined,
    changed(3),
  ])
  expect(watching(sidecar(1), sidecar(3))).toEqual([replaced, replaced])
  expect(watching(sidecar(2), sidecar(1))).toEqual([replaced, replaced])
  expect(watching(sidecar(1), sidecar(2, { generation: 'h' }))).toEqual([replaced, replaced])
  expect(watching(sidecar(1), sidecar(2, { notice: REPLACED }))).toEqual([replaced, replaced])
  expect(watching(sidecar(1), sidecar(2, { notice: 'from the future' }))).toEqual([replaced, replaced])
})

it('(S79) reports nothing while the sidecar is missing during a full write', () => {
  expect(watching(sidecar(1), undefined, undefined, sidecar(2))).toEqual([
    replaced,
    undefined,
    undefined,
    replaced,
  ])
})

it('(S79) reports a sidecar once if it is missing for longer than a write takes', () => {
  const looks = watching(sidecar(1), ...Array.from({ length: 60 }, () => undefined), sidecar(1))
  expect(looks.map((change, second) => [second, change] as const).filter(([, change]) => change)).toEqual([
    [0, replaced],
    [32, replaced],
    [61, replaced],
  ])
})

it('(S79) treats all rows as changed after a failed read', () => {
  const watch = new SidecarWatch()
  expect(watch.observe(sidecar(1), 0)).toEqual(replaced)
  watch.reset()
  expect(watch.observe(sidecar(2), 1)).toEqual(replaced)
  expect(watch.observe(sidecar(3), 2)).toEqual(changed(3))
})

it('(S79) also watches a table without a sidecar', () => {
  expect(watching(undefined, undefined, sidecar(1))).toEqual([replaced, undefined, replaced])
})

/** Starts a listener, and returns its changes and the waits before each read. */
function listening(options: Opening = {}) {
  const controller = new AbortController()
  onTestFinished(() => controller.abort())
  const waits: number[] = []
  const clock: Clock = {
    ...hurried,
    after: (ms, wake) => {
      // The check for a freeze of the process, each second, is not a wait of the feed.
      if (ms < 10_000 && ms !== 1_000) waits.push(ms)
      return hurried.after(ms, wake)
    },
  }
  const { feed, store } = opened(database, { prefix: freshPrefix(), clock, ...options })
  const changes = feed.changes(controller.signal)[Symbol.asyncIterator]()
  const next = async (): Promise<StoreChange | 'end'> => {
    const { done, value } = await changes.next()
    return done ? 'end' : value
  }
  return { store, controller, waits, next }
}

const looks = (): number => database.operations.filter(({ name }) => name === 'GetItem').length

it('(S79) reports a change at the next read, every 5 s by default', async () => {
  const { store, waits, next } = listening()
  expect(await next()).toEqual(replaced)
  await store.write(write('full', [row('a', 1)]), never)
  expect(await next()).toEqual(replaced)
  await store.write(write('delta', [row('a', 2), row('s', 1, 'segment')]), never)
  expect(await next()).toEqual({ type: 'changed', flags: ['a'], segments: ['s'] })
  expect(new Set(waits)).toEqual(new Set([5_000]))
})

it('(S79) reports one interruption, retries with growing delays, and starts again', async () => {
  const { waits, next } = listening({ feedIntervalMs: 1_500 })
  expect(await next()).toEqual(replaced)
  database.script(() => (looks() < 4 ? awsError('InternalServerError', 'down', 500) : undefined))
  expect(await next()).toMatchObject({
    type: 'interrupted',
    reason: expect.stringContaining('GetItem on DynamoDB table "flags" in eu-west-1') as unknown,
  })
  expect(await next()).toEqual(replaced)
  expect(waits).toEqual([1_500, 1_500, 3_000, 6_000])
})

it('(S79) reports a missing table as an interruption, and starts when the table exists', async () => {
  const { next } = listening({ tableName: 'later', feedIntervalMs: 1_000 })
  expect(await next()).toMatchObject({
    type: 'interrupted',
    reason: expect.stringContaining('Halyard needs a table') as unknown,
  })
  await database.createTable('later')
  expect(await next()).toEqual(replaced)
})

it('(S79) ends when its signal aborts, during a wait or a read, and leaves no timer', async () => {
  const clock = new VirtualClock()
  const waiting = listening({ clock })
  expect(await waiting.next()).toEqual(replaced)
  const end = waiting.next()
  waiting.controller.abort()
  expect(await end).toBe('end')

  const looking = listening({ clock })
  database.script(() => {
    looking.controller.abort()
    return { type: 'hang' }
  })
  expect(await looking.next()).toBe('end')
  expect(await looking.next()).toBe('end')
  await looking.store.close()
  expect(clock.armed).toBe(0)
})
