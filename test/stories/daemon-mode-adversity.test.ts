import { expect, it, onTestFinished } from 'vitest'
import type { ClientOptions } from '../../src/client/create-client.ts'
import { presets } from '../../src/config/presets.ts'
import type { StoreUse } from '../../src/model/persistent-store.ts'
import { MemoryDatabase } from '../../src/testing/memory-database.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { type Stored, startClient, store, USER } from '../support/stored.ts'

interface Daemon extends Stored {
  readonly database: MemoryDatabase
  readonly clock: VirtualClock
}

function daemon(use: StoreUse = {}, prepare: (database: MemoryDatabase) => void = () => {}): Daemon {
  const database = new MemoryDatabase()
  prepare(database)
  const clock = new VirtualClock()
  const dataSystem: ClientOptions['dataSystem'] = presets.daemon(database.description(use))
  return { ...startClient(clock, { dataSystem }), database, clock }
}

it('(D18, D24) lets a listener evaluate at once, also at its first call', async () => {
  const { client, clock, log, database } = daemon()
  store(database, 'a', 1, 'one')
  const seen: unknown[] = []
  client.onChange(() => seen.push(client.sync.variation('a', USER, 'fallback')))
  client.on('update', ({ key }) =>
    seen.push(`${key} ${String(client.sync.variation(key, USER, 'fallback'))}`),
  )
  await clock.advance(0)
  expect(seen).toEqual(['one', 'a one'])
  expect(log.filter((line) => line.includes('threw'))).toEqual([])
})

it('(S44) notifies a value listener once the database can be read', async () => {
  const { client, clock, log, database } = daemon({}, (down) => down.fail('error'))
  store(database, 'a', 1, 'one')
  const changes: unknown[] = []
  client.onValueChange('a', USER, 'fallback', (change) => changes.push(change))
  await clock.advance(10_000)
  database.heal()
  await clock.advance(31_000)
  expect(changes).toEqual([{ key: 'a', oldValue: 'fallback', newValue: 'one' }])
  expect(log.filter((line) => line.includes('threw'))).toEqual([])
})

it('(S44) does not notify a removed listener', async () => {
  const { client, clock, database } = daemon()
  store(database, 'a', 1, 'one')
  const changes: unknown[] = []
  const undo = client.onValueChange('a', USER, 'fallback', (change) => changes.push(change))
  await clock.advance(0)
  undo()
  store(database, 'a', 2, 'two')
  database.notify({ type: 'changed', flags: ['a'], segments: [] })
  await clock.advance(0)
  expect(changes).toEqual([])
  expect(client.sync.variation('a', USER, 'fallback')).toBe('two')
})

it.each(['error', 'hang'] as const)(
  '(D18) is not ready with a snapshot of a database in state %s, and has all data later',
  async (failure) => {
    const { client, clock, database, log } = daemon({ reads: 'snapshot' }, (down) => down.fail(failure))
    store(database, 'a', 1, 'one')
    const { reason } = client.sync.variationDetail('a', USER, 'fallback')
    expect(reason).toEqual({ kind: 'ERROR', errorKind: 'CLIENT_NOT_READY' })
    await clock.advance(45_000)
    expect(client.sync.variationDetail('a', USER, 'fallback').reason).toMatchObject({
      errorKind: 'CLIENT_NOT_READY',
    })
    expect(log.filter((line) => line.includes('evaluated before there was data'))).toHaveLength(1)
    database.heal()
    await clock.advance(31_000)
    expect(client.sync.variation('a', USER, 'fallback')).toBe('one')
    expect(client.status.current).toMatchObject({ state: 'valid', source: 'store' })
  },
)

it('(D18) logs few lines while a database is down or empty for an hour', async () => {
  const down = daemon({ reads: 'snapshot' }, (database) => database.fail('error'))
  await down.clock.advance(3_600_000)
  expect(down.log.length).toBeLessThan(160)
  const empty = daemon({ reads: 'snapshot' })
  await empty.clock.advance(3_600_000)
  expect(empty.log.length).toBeLessThan(10)
})

it('(D18) reads an unstable database at most once a second', async () => {
  const { client, clock, database } = daemon({ reads: 'snapshot' })
  store(database, 'a', 1, 'one')
  await clock.advance(5_000)
  database.calls.length = 0
  for (let flap = 0; flap < 100; flap++) {
    database.fail('error')
    await clock.advance(50)
    database.heal()
    await clock.advance(50)
  }
  expect(database.calls.length).toBeLessThan(15)
  store(database, 'a', 2, 'two')
  database.notify({ type: 'replaced' })
  await clock.advance(31_000)
  expect(client.sync.variation('a', USER, 'fallback')).toBe('two')
})

it('(D14.6, D18) ends a wait for `refreshed` at once, because no service can confirm the data', async () => {
  const { client, clock } = daemon({}, (database) => store(database, 'a', 1, 'one'))
  await clock.advance(0)
  expect(await client.waitForInitialization({ minimum: 'refreshed' })).toMatchObject({
    initialized: true,
    availability: 'cached',
    reason: 'off',
  })
  expect(await client.waitForInitialization({ minimum: 'cached' })).toMatchObject({ reason: 'ready' })
})

it('(D17) names unreadable rows in the status of the database, with lazy and snapshot reads', async () => {
  for (const reads of ['lazy', 'snapshot'] as const) {
    const { client, clock, database } = daemon({ reads })
    store(database, 'a', 1, 'one')
    database.put({ kind: 'flag', key: 'bad', text: '{' })
    await client.allFlagsState(USER)
    await clock.advance(5_001)
    expect(client.storeStatus?.current.quarantined).toEqual([{ kind: 'flag', key: 'bad' }])
  }
})

it.each([
  ['lazy', 'error'],
  ['lazy', 'hang'],
  ['snapshot', 'error'],
  ['snapshot', 'hang'],
] as const)(
  '(D20) leaves no timer pending after a close in %s mode while reads end in %s',
  async (reads, failure) => {
    const { client, clock, database } = daemon({ reads, staleOnErrorMs: Infinity })
    store(database, 'a', 1, 'one')
    await client.variation('a', USER, 'fallback')
    database.fail(failure)
    const undo = client.onChange(() => {})
    onTestFinished(undo)
    await clock.advance(29_000)
    const reading = [client.variation('b', USER, 'fallback'), client.allFlagsState(USER)]
    await client.close()
    await Promise.all(reading)
    expect(clock.armed).toBe(0)
    expect(clock.held).toBe(0)
  },
)
