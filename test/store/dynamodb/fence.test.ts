import { afterAll, afterEach, expect, it } from 'vitest'
import type { PersistentStore, StoreWrite } from '../../../src/model/persistent-store.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import { type Operation, startDynalite } from '../../support/dynalite.ts'
import { freshPrefix, never, row } from '../../support/store-writes.ts'
import { opened, TABLE, texts, write } from './opened.ts'

const database = await startDynalite()
await database.createTable(TABLE)
afterAll(() => database.close())
afterEach(() => database.script())

const isDelete = ({ name, input }: Operation): boolean =>
  name === 'BatchWriteItem' && JSON.stringify(input).includes('DeleteRequest')

/** Runs a write of one writer directly before the first put of the other. */
function interfere(store: PersistentStore, theirs: StoreWrite): void {
  let done = false
  database.script(async ({ name }) => {
    if (done || (name !== 'BatchWriteItem' && name !== 'PutItem')) return undefined
    done = true
    await store.write(theirs, never)
    return undefined
  })
}

it('(S78) deletes nothing and leaves no sidecar if the lease is lost during a full write', async () => {
  const prefix = freshPrefix()
  const [former, successor] = [opened(database, { prefix }).store, opened(database, { prefix }).store]
  await former.write({ ...write('full', [row('a', 1), row('b', 1)]), fencingToken: 1 }, never)
  const theirs = { ...write('full', [row('a', 2), row('b', 1), row('c', 2)]), fencingToken: 2 }
  interfere(successor, theirs)
  const outcome = former.write({ ...write('full', [row('d', 1)]), fencingToken: 1 }, never)
  await expect(outcome).rejects.toMatchObject({ kind: 'fenced' })
  expect(database.operations.filter(isDelete)).toEqual([])
  const { rows, sidecar } = await successor.readAll(never)
  expect(sidecar).toBe(theirs.sidecar)
  expect(texts(rows)).toEqual(texts([...theirs.rows, row('d', 1)]))
})

it('(S78) keeps the sidecar of the successor if the lease is lost during a delta', async () => {
  const prefix = freshPrefix()
  const [former, successor] = [opened(database, { prefix }).store, opened(database, { prefix }).store]
  await former.write({ ...write('full', [row('a', 1)]), fencingToken: 1 }, never)
  const theirs = { ...write('full', [row('a', 3)]), fencingToken: 2 }
  interfere(successor, theirs)
  const outcome = former.write({ ...write('delta', [row('a', 2)]), fencingToken: 1 }, never)
  await expect(outcome).rejects.toMatchObject({ kind: 'fenced' })
  expect(await successor.readAll(never)).toMatchObject({ sidecar: theirs.sidecar, rows: [row('a', 3)] })
})

it('(S78) needs one operation for a write that is fenced at its start', async () => {
  const { store } = opened(database, { prefix: freshPrefix() })
  await store.write({ ...write('full', [row('a', 1)]), fencingToken: 2 }, never)
  for (const type of ['full', 'delta'] as const) {
    database.script()
    const outcome = store.write({ ...write(type, [row('a', 2)]), fencingToken: 1 }, never)
    await expect(outcome).rejects.toMatchObject({ kind: 'fenced' })
    expect(database.operations).toHaveLength(1)
  }
})

it('(S78) keeps the existing fence in a write without a lease', async () => {
  const { store } = opened(database, { prefix: freshPrefix() })
  await store.write({ ...write('full', [row('a', 1)]), fencingToken: 2 }, never)
  await store.write(write('full', [row('a', 2)]), never)
  await store.write(write('delta', [row('a', 3)]), never)
  const late = store.write({ ...write('full', [row('a', 4)]), fencingToken: 1 }, never)
  await expect(late).rejects.toMatchObject({ kind: 'fenced' })
})

it('(S78) holds a lease for the requested time, and longer if it is renewed', async () => {
  const prefix = freshPrefix()
  const clock = new VirtualClock(1_700_000_000_000)
  const [one, two] = [opened(database, { prefix, clock }).lease, opened(database, { prefix, clock }).lease]
  const first = await one.acquire('one', 15_000, never)
  await clock.advance(14_999)
  expect(await two.acquire('two', 15_000, never)).toBeUndefined()
  expect(await one.acquire('one', 15_000, never)).toBe(first)
  await clock.advance(14_999)
  expect(await two.acquire('two', 15_000, never)).toBeUndefined()
  await clock.advance(1)
  const second = await two.acquire('two', 15_000, never)
  expect(second).toBe((first ?? 0) + 1)
  expect(await one.acquire('one', 15_000, never)).toBeUndefined()
})

it('(S78) gives a greater fence to a holder that returns after its lease expired', async () => {
  const clock = new VirtualClock(1_700_000_000_000)
  const { lease } = opened(database, { prefix: freshPrefix(), clock })
  const first = await lease.acquire('one', 15_000, never)
  await clock.advance(15_000)
  expect(await lease.acquire('one', 15_000, never)).toBe((first ?? 0) + 1)
})

it('(S78) grants the lease to one of several concurrent writers', async () => {
  const { lease } = opened(database, { prefix: freshPrefix() })
  const names = Array.from({ length: 20 }, (_, index) => `holder-${index}`)
  const fences = await Promise.all(names.map((name) => lease.acquire(name, 3_600_000, never)))
  expect(fences.filter((fence) => fence !== undefined)).toEqual([1])
})
