import { expect, it } from 'vitest'
import { presets } from '../../src/config/presets.ts'
import type { StoreUse } from '../../src/model/persistent-store.ts'
import { MemoryDatabase } from '../../src/testing/memory-database.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { type Stored, startClient, store, USER } from '../support/stored.ts'

interface Daemon extends Stored {
  readonly database: MemoryDatabase
  readonly clock: VirtualClock
}

/** Starts a client in daemon mode. It has checked the database once, and listens to its feed. */
async function daemon(
  use: StoreUse = {},
  prepare: (database: MemoryDatabase) => void = () => {},
): Promise<Daemon> {
  const database = new MemoryDatabase()
  prepare(database)
  const clock = new VirtualClock()
  const started = startClient(clock, { dataSystem: presets.daemon(database.description(use)) })
  await clock.advance(0)
  database.calls.length = 0
  return { ...started, database, clock }
}

it('(D18) is ready once the database has data, sends no request to a service, and reads requested flags', async () => {
  const { client, database, value } = await daemon({}, (filled) => store(filled, 'a', 1, 'one'))
  expect(client.initialized()).toBe(true)
  expect(await client.waitForInitialization()).toMatchObject({ initialized: true, availability: 'cached' })
  expect(await value('a')).toBe('one')
  expect(database.calls).toEqual(['get flag a'])
})

it('(D18.2) reads only the prerequisites and segments that a flag reaches, once each', async () => {
  const { database, value } = await daemon()
  const clauses = [{ attribute: '', op: 'segmentMatch', values: ['s', 't'] }]
  store(database, 'a', 1, 'yes', {
    prerequisites: [{ key: 'p', variation: 0 }],
    rules: [{ id: 'r', clauses, variation: 0 }],
    offVariation: 0,
  })
  store(database, 'p', 1, true)
  store(database, 'unrelated', 1, true)
  database.put({ kind: 'segment', key: 's', text: '{"key":"s","version":1,"included":["u-1"]}' })
  expect(await value('a')).toBe('yes')
  expect(await value('a')).toBe('yes')
  expect(database.calls).toEqual(['get flag a', 'get flag p', 'get segment s', 'get segment t'])
})

it('(D18.2) reads a prerequisite and a segment that are not cached, although the flag is', async () => {
  const { clock, database, value } = await daemon()
  store(database, 'a', 1, 'yes', {
    prerequisites: [{ key: 'p', variation: 0 }],
    rules: [{ id: 'r', clauses: [{ attribute: '', op: 'segmentMatch', values: ['s'] }], variation: 0 }],
    offVariation: 1,
    variations: ['yes', 'no'],
    fallthrough: { variation: 1 },
  })
  store(database, 'p', 1, true)
  database.put({ kind: 'segment', key: 's', text: '{"key":"s","version":1,"included":["u-1"]}' })
  expect(await value('a')).toBe('yes')
  store(database, 'p', 2, true)
  database.notify({ type: 'changed', flags: ['p'], segments: ['s'] })
  await clock.advance(0)
  database.calls.length = 0
  expect(await value('a')).toBe('yes')
  expect(database.calls).toEqual(['get flag p', 'get segment s'])
})

it('(D18.9) returns CLIENT_NOT_READY for an empty database, and FLAG_NOT_FOUND for an unknown flag in a database with data', async () => {
  const { client, clock, database, reason } = await daemon()
  expect(await reason('a')).toBe('CLIENT_NOT_READY')
  expect((await client.allFlagsState(USER)).valid).toBe(false)
  store(database, 'b', 1, true)
  await clock.advance(5_001)
  expect(await reason('a')).toBe('FLAG_NOT_FOUND')
  expect(await reason('b')).toBe('FALLTHROUGH')
})

it('(D18) returns fallback values during an outage longer than the TTL, and then the data again', async () => {
  const { client, clock, database, value, reason } = await daemon({ cacheTtlMs: 30_000 })
  store(database, 'a', 1, 'one')
  await value('a')
  database.fail('error')
  await clock.advance(29_000)
  expect(await value('a')).toBe('one')
  await clock.advance(1_001)
  expect(await reason('a')).toBe('EXCEPTION')
  expect((await client.allFlagsState(USER)).valid).toBe(false)
  expect(client.storeStatus?.current.state).toBe('unavailable')
  database.heal()
  await clock.advance(1_001)
  expect(await value('a')).toBe('one')
  expect(client.storeStatus?.current.state).toBe('available')
})

it('(D18.8) sees a change of another process at once if the feed reports it', async () => {
  const { clock, database, value } = await daemon()
  store(database, 'a', 1, 'one')
  await value('a')
  store(database, 'a', 2, 'two')
  expect(await value('a')).toBe('one')
  database.notify({ type: 'changed', flags: ['a'], segments: [] })
  await clock.advance(0)
  expect(await value('a')).toBe('two')
})

it('(D18) reads all flags in one request', async () => {
  const { client, database } = await daemon()
  for (const key of ['a', 'b', 'c']) store(database, key, 1, key)
  const state = await client.allFlagsState(USER)
  expect(state.allValues()).toEqual({ a: 'a', b: 'b', c: 'c' })
  await Promise.all(Array.from({ length: 20 }, () => client.allFlagsState(USER)))
  expect(database.calls).toEqual(['readAll'])
})

it('(S144) returns the fallback with a reason, one warning and a status from `client.sync`', async () => {
  const { client, database, log } = await daemon()
  store(database, 'a', 1, 'one')
  for (const key of ['a', 'b']) {
    expect(client.sync.variation(key, USER, 'fallback')).toBe('fallback')
    expect(client.sync.stringVariationDetail(key, USER, 'fallback')).toEqual({
      value: 'fallback',
      variationIndex: null,
      reason: { kind: 'ERROR', errorKind: 'CLIENT_NOT_READY' },
    })
  }
  expect(log.filter((line) => line.startsWith('client.sync'))).toEqual([
    expect.stringContaining("reads: 'snapshot'"),
  ])
  expect(client.storeStatus?.current).toMatchObject({ unansweredSync: true })
})

it('(D18) notifies listeners of changes and dependents, and holds all data in memory from then on', async () => {
  const { client, clock, database, value } = await daemon()
  store(database, 'a', 1, 'one', { prerequisites: [{ key: 'p', variation: 0 }] })
  store(database, 'p', 1, true)
  const changes: string[][] = []
  const values: unknown[] = []
  await value('a')
  client.onChange(({ flags }) => changes.push([...flags]))
  client.onValueChange('p', USER, 'fallback', (change) => values.push(change))
  await clock.advance(0)
  expect(values).toEqual([])
  expect(client.sync.variation('a', USER, 'fallback')).toBe('one')
  changes.length = 0
  store(database, 'p', 2, 'changed')
  database.notify({ type: 'changed', flags: ['p'], segments: [] })
  await clock.advance(0)
  expect(changes).toEqual([['p', 'a']])
  expect(values).toEqual([{ key: 'p', oldValue: true, newValue: 'changed' }])
  database.fail('error')
  await clock.advance(3_600_000)
  expect(await value('p')).toBe('changed')
})

it('(D18) reads a database without a feed after each TTL while there are listeners', async () => {
  const { client, clock, database } = await daemon({ cacheTtlMs: 30_000 })
  store(database, 'a', 1, 'one')
  const values: unknown[] = []
  client.onValueChange('a', USER, 'fallback', ({ newValue }) => values.push(newValue))
  await clock.advance(10_000)
  store(database, 'a', 2, 'two')
  await clock.advance(19_999)
  expect(values).toEqual([])
  await clock.advance(2)
  expect(values).toEqual(['two'])
})

it('(D18) holds all data of a snapshot, evaluates synchronously, and continues without the database', async () => {
  const { client, clock, database } = await daemon({ reads: 'snapshot' })
  store(database, 'a', 1, 'one')
  await clock.advance(5_001)
  expect(client.sync.variation('a', USER, 'fallback')).toBe('one')
  expect(client.status.current).toMatchObject({ state: 'valid', source: 'store' })
  expect(client.availability).toBe('cached')
  database.fail('error')
  await clock.advance(600_000)
  expect(client.sync.variation('a', USER, 'fallback')).toBe('one')
  expect(client.status.current.state).toBe('interrupted')
  store(database, 'a', 2, 'two')
  database.heal()
  await clock.advance(1_001)
  expect(client.sync.variation('a', USER, 'fallback')).toBe('two')
  expect(client.status.current.state).toBe('valid')
})

it('(D20.4) leaves no timer pending after close, and returns fallback values', async () => {
  const { client, clock, database, value, reason } = await daemon()
  store(database, 'a', 1, 'one')
  await value('a')
  await client.close()
  await clock.advance(60_000)
  expect(await reason('b')).toBe('EXCEPTION')
  await clock.advance(1)
  expect(clock.armed).toBe(0)
})

it('(D18) reports no change when the first listener is added, because rows that were read before are cached', async () => {
  const database = new MemoryDatabase()
  const clock = new VirtualClock()
  const { client } = startClient(clock, {
    dataSystem: presets.daemon(database.description({ cacheTtlMs: Infinity })),
  })
  store(database, 'a', 1, 'one')
  expect(await client.variation('a', USER, 'fallback')).toBe('one')
  store(database, 'a', 2, 'two')
  await clock.advance(60_000)
  expect(await client.variation('a', USER, 'fallback')).toBe('one')
  database.notify({ type: 'replaced' })
  await clock.advance(0)
  expect(await client.variation('a', USER, 'fallback')).toBe('two')
})
