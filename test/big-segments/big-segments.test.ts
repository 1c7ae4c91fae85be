import { expect, it, onTestFinished } from 'vitest'
import { BigSegments, bigSegmentHash } from '../../src/big-segments/big-segments.ts'
import { PinnedMemberships } from '../../src/big-segments/memberships.ts'
import type { BigSegmentsSettings } from '../../src/big-segments/options.ts'
import { statusProvider } from '../../src/big-segments/status-provider.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { notes } from '../client/starting.ts'
import { settle } from '../support/unhandled-errors.ts'
import { down, hang, ScriptedStore } from './scripted-store.ts'

interface Opened {
  readonly bigSegments: BigSegments
  readonly store: ScriptedStore
  readonly clock: VirtualClock
  readonly log: readonly string[]
}

function open(
  settings: Partial<BigSegmentsSettings> = {},
  prepare: (store: ScriptedStore) => void = () => {},
): Opened {
  const clock = new VirtualClock(1_000_000)
  const store = new ScriptedStore()
  store.synchronizedOn = clock.now()
  store.members = { a: { 's.g1': true }, b: { 's.g1': false } }
  prepare(store)
  const { log, logger } = notes()
  const bigSegments = new BigSegments({
    store,
    clock,
    logger,
    settings: {
      store: () => ({}) as never,
      maxEntries: 1_000,
      maxAgeMs: 5_000,
      pollIntervalMs: 5_000,
      staleAfterMs: 120_000,
      ...settings,
    },
  })
  onTestFinished(() => bigSegments.close())
  return { bigSegments, store, clock, log }
}

it('names a context by the SHA-256 of its key in Base64 with padding', () => {
  expect(bigSegmentHash('user-key')).toBe('CEXjZY7cHJG/ydFy7q4+YEFwVrG3/pkJwA4FAjrbfx0=')
  expect(bigSegmentHash('ключ')).toHaveLength(44)
})

it('(BS3.1) queries a key once within the cache time, members or not', async () => {
  const { bigSegments, store, clock } = open()
  expect(bigSegments.membership('a')).toBeUndefined()
  expect(await bigSegments.query('a')).toEqual({ references: new Map([['s.g1', true]]), status: 'HEALTHY' })
  expect(await bigSegments.query('nobody')).toEqual({ references: new Map(), status: 'HEALTHY' })
  await clock.advance(4_999)
  expect(bigSegments.membership('a')?.references.get('s.g1')).toBe(true)
  expect(bigSegments.membership('nobody')?.references.size).toBe(0)
  await clock.advance(1)
  expect([bigSegments.membership('a'), bigSegments.membership('nobody')]).toEqual([undefined, undefined])
  expect(store.queries).toEqual([bigSegmentHash('a'), bigSegmentHash('nobody')])
})

it('(BS2.4) shares one request between concurrent queries of a key', async () => {
  const { bigSegments, store } = open()
  const answers = await Promise.all([bigSegments.query('a'), bigSegments.query('a'), bigSegments.query('b')])
  expect(answers.map(({ references }) => references.get('s.g1'))).toEqual([true, true, false])
  expect(store.queries).toEqual([bigSegmentHash('a'), bigSegmentHash('b')])
})

it('(BS3.5) forgets changed contexts, and does not cache the answer of a query that began before the change', async () => {
  const { bigSegments, store } = open()
  await bigSegments.poll.required()
  await Promise.all([bigSegments.query('a'), bigSegments.query('b')])
  bigSegments.forget(new Set([bigSegmentHash('b')]))
  expect(['a', 'b'].map((key) => bigSegments.membership(key) !== undefined)).toEqual([true, false])
  const before = bigSegments.query('b')
  bigSegments.forget(new Set([bigSegmentHash('b')]))
  const after = bigSegments.query('b')
  await before
  expect(store.queries).toHaveLength(4)
  await after
  bigSegments.forget('all')
  const last = bigSegments.query('a')
  bigSegments.forget('all')
  await last
  expect(bigSegments.membership('a')).toBeUndefined()
})

it('(BS3.4, BS4.6) does not cache a failed query, and logs failures once until a query succeeds', async () => {
  const { bigSegments, store, log } = open()
  await bigSegments.poll.required()
  store.failing.membership = down
  for (const key of ['a', 'b', 'a']) {
    expect(await bigSegments.query(key)).toEqual({ references: new Map(), status: 'STORE_ERROR' })
  }
  expect(store.queries).toHaveLength(3)
  delete store.failing.membership
  expect((await bigSegments.query('a')).status).toBe('HEALTHY')
  store.failing.membership = down
  await bigSegments.query('b')
  expect(log.filter((line) => line.startsWith('warn'))).toEqual([
    'warn: big segments: a query failed: the database is down; the rules of the segments decide, and evaluations report ' +
      'STORE_ERROR (further failures are not logged until a query succeeds)',
    expect.stringContaining('a query failed'),
  ])
})

it('(BS2.5) ends a query after 5 s, and fails others at once for 1 s', async () => {
  const { bigSegments, store, clock } = open()
  await bigSegments.poll.required()
  store.failing.membership = hang
  const slow = bigSegments.query('a')
  await clock.advance(5_000)
  expect((await slow).status).toBe('STORE_ERROR')
  delete store.failing.membership
  expect((await bigSegments.query('b')).status).toBe('STORE_ERROR')
  expect(store.queries).toHaveLength(1)
  await clock.advance(1_000)
  expect((await bigSegments.query('b')).status).toBe('HEALTHY')
})

it('(BS2.2) pins the first answer for each key', async () => {
  const { bigSegments, store, clock } = open({ maxAgeMs: 10 })
  const pinned = new PinnedMemberships(bigSegments)
  await pinned.query('a')
  store.members = {}
  await clock.advance(100)
  await pinned.query('b')
  expect([pinned.membership('a')?.references.get('s.g1'), pinned.membership('b')?.references.size]).toEqual([
    true,
    0,
  ])
})

it('(BS4.1) polls at once, and again after the interval', async () => {
  const { store, clock } = open({ pollIntervalMs: 10_000 })
  expect(store.polls).toBe(1)
  await clock.advance(9_999)
  expect(store.polls).toBe(1)
  await clock.advance(1)
  expect(store.polls).toBe(2)
})

it('(BS4.2) lets evaluations and requireStatus wait for the first poll, and polls for neither', async () => {
  const answered = Promise.withResolvers<never>()
  const { bigSegments, store } = open({}, ({ failing }) => {
    failing.metadata = () => answered.promise
  })
  const provider = statusProvider(bigSegments.poll)
  expect(provider.getStatus()).toBeUndefined()
  const [query, status] = [bigSegments.query('a'), provider.requireStatus()]
  await settle()
  answered.reject(new Error('down'))
  expect(await query).toMatchObject({ references: new Map([['s.g1', true]]), status: 'STORE_ERROR' })
  expect(await status).toEqual({ available: false, stale: false })
  for (const key of ['b', 'c', 'd']) await bigSegments.query(key)
  expect([provider.getStatus(), store.polls]).toEqual([{ available: false, stale: false }, 1])
})

it('(BS4.3, BS4.5) reports each state that a poll finds, and each change once', async () => {
  const { bigSegments, store, clock, log } = open({ pollIntervalMs: 1_000, staleAfterMs: 60_000 })
  const changes: unknown[] = []
  statusProvider(bigSegments.poll)
    .on('change', (status) => changes.push(status))
    .on('change', () => {
      throw new Error('mine')
    })
    .once('change', () => changes.push('first'))
  await clock.advance(1_500)
  store.synchronizedOn = clock.now() - 59_800
  await clock.advance(1_000)
  expect((await bigSegments.query('a')).status).toBe('STALE')
  store.synchronizedOn = undefined
  await clock.advance(1_000)
  store.failing.metadata = down
  await clock.advance(1_000)
  expect((await bigSegments.query('a')).status).toBe('STORE_ERROR')
  store.failing.metadata = hang
  await clock.advance(20_000)
  delete store.failing.metadata
  store.synchronizedOn = clock.now()
  await clock.advance(10_000)
  expect((await bigSegments.query('a')).status).toBe('HEALTHY')
  expect(changes).toEqual([
    { available: true, stale: false },
    'first',
    { available: true, stale: true },
    { available: false, stale: false },
    { available: true, stale: false },
  ])
  expect(log.filter((line) => !line.includes('listener'))).toEqual([
    'info: big segments: the data in the scripted store is current: synchronized 0 s ago',
    'warn: big segments: the data in the scripted store is stale: synchronized 60 s ago; evaluations use it and report STALE. ' +
      'Check the process that synchronizes it, and the prefix',
    'warn: big segments: the status cannot be read: the database is down; evaluations of big segments report STORE_ERROR until it can',
    expect.stringContaining('is current'),
  ])
  expect(log.filter((line) => line.includes('listener'))).toHaveLength(4)
})

it('(BS4.3) counts data that was never synchronized, and a time that is not a number, as stale', async () => {
  for (const synchronizedOn of [undefined, Number.NaN, 0]) {
    const { bigSegments, log } = open({}, (store) => {
      store.synchronizedOn = synchronizedOn
    })
    expect(await bigSegments.poll.required()).toEqual({ available: true, stale: true })
    expect(log).toHaveLength(1)
  }
})

it('(BS4.4) uses memberships while the status cannot be read', async () => {
  const { bigSegments } = open({}, ({ failing }) => {
    failing.metadata = down
  })
  expect(await bigSegments.query('a')).toEqual({
    references: new Map([['s.g1', true]]),
    status: 'STORE_ERROR',
  })
})

it('(BS4.7, BS6.4) ends polls and queries with close, and closes the store once', async () => {
  const { bigSegments, store, clock, log } = open()
  await bigSegments.query('a')
  const before = log.length
  store.failing = { metadata: hang, membership: hang }
  await clock.advance(4_000)
  const [first, second] = [bigSegments.query('b'), bigSegments.query('c')]
  await Promise.all([bigSegments.close(), bigSegments.close()])
  expect([(await first).status, (await second).status]).toEqual(['STORE_ERROR', 'STORE_ERROR'])
  expect(bigSegments.membership('a')?.references.get('s.g1')).toBe(true)
  expect((await bigSegments.query('d')).status).toBe('STORE_ERROR')
  await clock.advance(60_000)
  expect([store.closings, store.polls, clock.armed, clock.held]).toEqual([1, 1, 0, 0])
  expect(log).toHaveLength(before)
})

it('(BS4.7) keeps the process alive only while an answer is awaited', async () => {
  const { bigSegments, clock, store } = open({}, ({ failing }) => {
    failing.metadata = hang
  })
  expect(clock.held).toBe(0)
  const waiting = bigSegments.poll.required()
  expect(clock.held).toBe(1)
  await clock.advance(5_000)
  await waiting
  store.failing.membership = hang
  const query = bigSegments.query('a')
  expect(clock.held).toBe(1)
  await clock.advance(5_000)
  await query
  expect(clock.held).toBe(0)
})

it('(BS4.8) has an unavailable status without a store', async () => {
  const provider = statusProvider(undefined)
  expect(provider.on('change', () => {}).off('change', () => {})).toBe(provider)
  expect([provider.getStatus(), await provider.requireStatus()]).toEqual([
    { available: false, stale: false },
    { available: false, stale: false },
  ])
})
