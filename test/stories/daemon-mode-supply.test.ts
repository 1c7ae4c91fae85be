import { expect, it } from 'vitest'
import { presets } from '../../src/config/presets.ts'
import { REPLACED, writeSidecar } from '../../src/layout/sidecar.ts'
import type { StoreUse } from '../../src/model/persistent-store.ts'
import { MemoryDatabase } from '../../src/testing/memory-database.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { type Stored, startClient, store, USER } from '../support/stored.ts'

interface Daemon extends Stored {
  readonly database: MemoryDatabase
  readonly clock: VirtualClock
}

function daemon(use: StoreUse, prepare: (database: MemoryDatabase) => void): Daemon {
  const database = new MemoryDatabase()
  prepare(database)
  const clock = new VirtualClock()
  return { ...startClient(clock, { dataSystem: presets.daemon(database.description(use)) }), database, clock }
}

const BOTH = [{ reads: 'lazy' }, { reads: 'snapshot' }] as const

it.each(BOTH)('(S182) is ready and `cached` with data before any evaluation ($reads)', async (use) => {
  const { client, clock } = daemon(use, (database) => store(database, 'a', 1, 'one'))
  expect(client.initialized()).toBe(false)
  const answer = client.waitForInitialization()
  await clock.advance(1_000)
  expect(await answer).toMatchObject({ initialized: true, availability: 'cached', reason: 'ready' })
})

it.each(BOTH)('(S182) is ready without data, and `defaults` until there is data ($reads)', async (use) => {
  const { client, clock, database } = daemon(use, () => {})
  await clock.advance(1_000)
  expect(await client.waitForInitialization()).toMatchObject({
    initialized: true,
    availability: 'defaults',
  })
  const cached = client.waitForInitialization({ minimum: 'cached' })
  store(database, 'a', 1, 'one')
  await clock.advance(6_000)
  expect(await cached).toMatchObject({ availability: 'cached', reason: 'ready' })
})

it.each(BOTH)('(S182) is not ready while the database does not answer ($reads)', async (use) => {
  const { client, clock, database, log } = daemon(use, (down) => {
    store(down, 'a', 1, 'one')
    down.fail('error')
  })
  const answer = client.waitForInitialization({ timeoutMs: 10_000 })
  await clock.advance(10_000)
  expect(await answer).toMatchObject({ initialized: false, availability: 'defaults', reason: 'timeout' })
  // One line of the store for all requests. The source of the snapshot logs one of its own.
  expect(log.filter((line) => line.startsWith('memory database'))).toHaveLength(1)
  database.heal()
  await clock.advance(35_000)
  expect(client.initialized()).toBe(true)
  expect(client.availability).toBe('cached')
})

it.each(BOTH)('(S182) ends a wait at once if the database refuses ($reads)', async (use) => {
  const { client, clock, database } = daemon(use, (refusing) => {
    store(refusing, 'a', 1, 'one')
    refusing.fail('refuse')
  })
  const answer = client.waitForInitialization()
  await clock.advance(1_000)
  expect(await answer).toMatchObject({ initialized: false, availability: 'defaults', reason: 'off' })
  expect((await client.variationDetail('a', USER, 'fallback')).reason).toMatchObject({
    errorKind: 'EXCEPTION',
  })
  database.heal()
  await clock.advance(35_000)
  expect(await client.waitForInitialization()).toMatchObject({ initialized: true, availability: 'cached' })
})

it.each(BOTH)(
  '(S183) does not log that no source has confirmed the data if none can ($reads)',
  async (use) => {
    const { client, clock, log, value } = daemon(use, (database) => store(database, 'a', 1, 'one'))
    await clock.advance(1_000)
    expect(await value('a')).toBe('one')
    if (use.reads === 'snapshot') expect(client.sync.variation('a', USER, 'fallback')).toBe('one')
    expect(log.filter((line) => /age|confirmed/.test(line))).toEqual([])
  },
)

it('(S183) counts the age of a snapshot from the time at which its writer saved it', async () => {
  const { client, clock } = daemon({ reads: 'snapshot' }, (database) => {
    store(database, 'a', 1, 'one')
    const sidecar = { keyFingerprint: 'f', generation: 'g', revision: 1, notice: REPLACED, digest: '' }
    database.damage({ marker: true, sidecar: writeSidecar({ ...sidecar, savedAt: -90_000 }) })
  })
  await clock.advance(1_000)
  expect(client.status.current.ageMs).toBe(91_000)
  await clock.advance(60_000)
  expect(client.status.current.ageMs).toBe(151_000)
})

it('(S184) logs two lines for 200 evaluations of a database that does not answer: one of the store, one of the client', async () => {
  for (const failure of ['error', 'refuse'] as const) {
    const { log, clock, value } = daemon({}, (down) => down.fail(failure))
    await clock.advance(1_000)
    for (let count = 0; count < 200; count++) {
      expect(await value(`flag-${count}`)).toBe('fallback')
      await clock.advance(100)
    }
    expect(log.filter((line) => !line.startsWith('data saving mode'))).toHaveLength(2)
  }
})

it('(S182) returns data as soon as a check of the database has found it, also for keys that were absent before', async () => {
  const { client, clock, database, value } = daemon({}, () => {})
  await clock.advance(4_000)
  expect(await value('a')).toBe('fallback')
  expect((await client.allFlagsState(USER)).allValues()).toEqual({})
  store(database, 'a', 1, 'one')
  await clock.advance(2_000)
  expect(client.availability).toBe('cached')
  expect(await value('a')).toBe('one')
  expect((await client.allFlagsState(USER)).allValues()).toEqual({ a: 'one' })
})
