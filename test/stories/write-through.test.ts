import { expect, it } from 'vitest'
import type { DataSystemConfig } from '../../src/config/config.ts'
import { decodeRow } from '../../src/layout/row.ts'
import type { StoreUse } from '../../src/model/persistent-store.ts'
import { MemoryDatabase } from '../../src/testing/memory-database.ts'
import { type Step, scriptedSource } from '../../src/testing/scripted-source.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { change, type Stored, startClient, store, USER } from '../support/stored.ts'
import { full, interrupted, none, partial } from '../support/words.ts'

interface Setup {
  readonly database?: MemoryDatabase
  readonly clock?: VirtualClock
  readonly initializer?: readonly Step[]
  readonly synchronizer?: readonly Step[]
  readonly use?: StoreUse
  readonly storeMode?: DataSystemConfig['storeMode']
}

interface Started extends Stored {
  readonly database: MemoryDatabase
  readonly clock: VirtualClock
  readonly bases: readonly string[]
}

/** Starts a client with a database, a scripted poll and a scripted stream. */
function start(setup: Setup): Started {
  const { database = new MemoryDatabase(), clock = new VirtualClock(), use = {} } = setup
  const { initializer = ['end'], synchronizer = [], storeMode = 'read-write' } = setup
  const bases: string[] = []
  const source = (name: string, steps: readonly Step[]) =>
    scriptedSource({
      name,
      clock,
      openings: [steps],
      onOpen: (basis) => bases.push(`${name} at ${basis?.state ?? 'nothing'}`),
    })
  const dataSystem = {
    initializers: [source('poll', initializer)],
    synchronizers: [source('stream', synchronizer)],
    store: database.description(use),
    storeMode,
    fdv1Fallback: null,
  }
  return { ...startClient(clock, { dataSystem }), database, clock, bases }
}

function version(database: MemoryDatabase, key: string): number | undefined {
  const row = database.row('flag', key)
  const decoded = row && decodeRow(row)
  return decoded?.type === 'item' ? decoded.item.version : undefined
}

const writes = ({ calls }: MemoryDatabase): number => calls.filter((name) => name.startsWith('write')).length

it('(D15.1) applies data to memory, notifies listeners, and then writes it', async () => {
  const { client, clock, database } = start({
    initializer: [[0, full('s1', change('a', 1, 'one'), change('b', 1, 'b'))], 'end'],
    synchronizer: [[1_000, partial('s2', change('a', 2, 'two'))]],
  })
  const order: string[] = []
  client.onChange(({ flags }) =>
    order.push(`${[...flags].join()} while ${version(database, 'a') ?? 'nothing'} is stored`),
  )
  await clock.advance(1_000)
  expect(order).toEqual(['a,b while nothing is stored', 'a while 1 is stored'])
  expect([version(database, 'a'), version(database, 'b'), database.marker]).toEqual([2, 1, true])
})

it.each(['error', 'hang'] as const)(
  '(D14, D15) delays the start by one second at most with a database in state %s',
  async (failure) => {
    const database = new MemoryDatabase()
    database.fail(failure)
    const { client, clock, value } = start({
      database,
      initializer: [[0, full('s1', change('a', 1, 'one'))], 'end'],
    })
    await clock.advance(failure === 'hang' ? 1_001 : 0)
    expect(client.initialized()).toBe(true)
    expect(await value('a')).toBe('one')
    expect(client.sync.variation('a', USER, 'fallback')).toBe('one')
    database.heal()
    await clock.advance(31_000)
    expect(version(database, 'a')).toBe(1)
  },
)

it('(D15.6) never writes with storeMode read, and reads until the first payload', async () => {
  const database = new MemoryDatabase()
  store(database, 'a', 9, 'stored')
  database.marker = true
  const { clock, value } = start({
    database,
    storeMode: 'read',
    synchronizer: [[60_000, full('s1', change('a', 1, 'one'))]],
  })
  await clock.advance(1)
  expect(await value('a')).toBe('stored')
  await clock.advance(60_000)
  expect(await value('a')).toBe('one')
  await clock.advance(60_000)
  expect(writes(database)).toBe(0)
  expect(version(database, 'a')).toBe(9)
})

it('(D22.1) reads the database before the first payload if the marker exists, and memory afterwards', async () => {
  const database = new MemoryDatabase()
  const { client, clock, value, reason, log } = start({
    database,
    use: { cacheTtlMs: 0 },
    synchronizer: [[60_000, full('s1', change('a', 1, 'one'))]],
  })
  store(database, 'a', 5, 'stored')
  expect(await reason('a')).toBe('CLIENT_NOT_READY')
  expect(client.availability).toBe('defaults')
  database.marker = true
  expect(await value('a')).toBe('stored')
  store(database, 'a', 6, 'edited')
  expect(await value('a')).toBe('edited')
  expect(client.initialized()).toBe(false)
  expect(client.sync.variationDetail('a', USER, 'fallback').reason).toMatchObject({
    errorKind: 'CLIENT_NOT_READY',
  })
  await clock.advance(60_000)
  expect(await value('a')).toBe('one')
  store(database, 'a', 99, 'edited again')
  expect(await value('a')).toBe('one')
  expect(client.availability).toBe('refreshed')
  expect(log.filter((line) => line.includes('unknown age'))).toHaveLength(1)
})

it('(D22.3) is `cached` while reads use the database, and serves each flag at every moment', async () => {
  const database = new MemoryDatabase()
  store(database, 'a', 1, 'stored')
  database.marker = true
  const { client, clock, value } = start({
    database,
    synchronizer: [[10_000, full('s1', change('a', 1, 'one'))]],
  })
  const seen = new Set<unknown>()
  for (let second = 0; second < 20; second++) {
    seen.add(await value('a'))
    if (second < 9) expect(client.availability).toBe('cached')
    await clock.advance(1_000)
  }
  expect([...seen]).toEqual(['stored', 'one'])
})

it('(D24) compares the first payload with the data that readers saw', async () => {
  const database = new MemoryDatabase()
  store(database, 'same', 1, 'same')
  store(database, 'other', 1, 'old')
  database.marker = true
  const { client, clock, value } = start({
    database,
    synchronizer: [[10_000, full('s1', change('same', 1, 'same'), change('other', 2, 'new'))]],
  })
  const changed: string[] = []
  client.onChange(({ flags }) => changed.push(...flags))
  await clock.advance(1)
  await value('same')
  await value('other')
  await clock.advance(10_000)
  expect(changed).toEqual(['other'])
})

it('(D16.4) serves stored data after a restart, and requests only later changes', async () => {
  const database = new MemoryDatabase()
  const clock = new VirtualClock()
  const first = start({
    database,
    clock,
    initializer: [[0, full('s1', change('a', 1, 'one'), change('b', 1, 'b'))], 'end'],
    synchronizer: [
      [10, partial('s2', change('a', 2, 'two'), { op: 'delete', kind: 'flag', key: 'b', version: 2 })],
    ],
  })
  await clock.advance(100)
  await first.client.close()
  const before = writes(database)
  const second = start({
    database,
    clock,
    synchronizer: [
      [10, none],
      [10, partial('s3', change('c', 1, 'c'))],
    ],
  })
  await clock.advance(0)
  expect(await second.value('a')).toBe('two')
  expect(await second.reason('b')).toBe('FLAG_NOT_FOUND')
  expect(second.client.availability).toBe('cached')
  expect(second.bases).toEqual(['stream at s2'])
  await clock.advance(10)
  expect(second.client.availability).toBe('refreshed')
  expect(writes(database)).toBe(before)
  await clock.advance(10)
  expect(version(database, 'c')).toBe(1)
  await second.client.close()
  const third = start({ database, clock })
  await clock.advance(0)
  expect(third.bases).toEqual(['stream at s3'])
})

it.each([
  ['other software wrote', (database: MemoryDatabase) => store(database, 'a', 7, 'foreign')],
  ['other software wrote the same version', (database: MemoryDatabase) => store(database, 'a', 1, 'foreign')],
  ['a full write was not finished', (database: MemoryDatabase) => database.damage({ marker: false })],
  ['the sidecar is damaged', (database: MemoryDatabase) => database.damage({ sidecar: '{' })],
])('(D16.5) requests a full payload after a restart if %s', async (_, damage) => {
  const database = new MemoryDatabase()
  const clock = new VirtualClock()
  const payload: readonly Step[] = [[0, full('s1', change('a', 1, 'one'))], 'end']
  const first = start({ database, clock, initializer: payload })
  await clock.advance(10)
  await first.client.close()
  damage(database)
  const second = start({ database, clock, initializer: payload })
  await clock.advance(10)
  expect(second.bases[0]).toBe('poll at nothing')
  expect(await second.value('a')).toBe('one')
  expect(version(database, 'a')).toBe(1)
})

it('(D16) does not resume from data of another key', async () => {
  const database = new MemoryDatabase()
  const clock = new VirtualClock()
  const first = start({ database, clock, initializer: [[0, full('s1', change('a', 1, 'one'))], 'end'] })
  await clock.advance(10)
  await first.client.close()
  database.sidecar = database.sidecar?.replace(/"keyFingerprint":"[^"]*"/, '"keyFingerprint":"another"')
  const second = start({ database, clock, initializer: [[0, interrupted()], 'end'] })
  await clock.advance(10)
  expect(second.bases[0]).toBe('poll at nothing')
  expect(second.log.some((line) => line.includes('another SDK key'))).toBe(true)
})

it('(D15) writes lost data again', async () => {
  const { client, clock, database } = start({ initializer: [[0, full('s1', change('a', 1, 'one'))], 'end'] })
  await clock.advance(100)
  database.wipe()
  await clock.advance(15_000)
  expect(version(database, 'a')).toBe(1)
  expect(client.storeStatus?.current).toMatchObject({ state: 'available', role: 'writer', stale: false })
})
