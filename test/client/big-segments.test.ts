import { expect, it, onTestFinished } from 'vitest'
import { bigSegmentHash } from '../../src/big-segments/big-segments.ts'
import type { CustomBigSegmentStore } from '../../src/big-segments/open-store.ts'
import type { BigSegmentsOptions } from '../../src/big-segments/options.ts'
import { type ClientOptions, createClient } from '../../src/client/create-client.ts'
import { presets } from '../../src/config/presets.ts'
import { MemoryDatabase, type TestFlag, type TestSegment } from '../../src/testing/index.ts'
import { TestData } from '../../src/testing/test-data.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { settle } from '../support/unhandled-errors.ts'
import { following, notes, type Started, start, user } from './starting.ts'

/** A store of an application, which records the context keys that are queried. */
class AppStore implements CustomBigSegmentStore {
  readonly queries: (string | undefined)[] = []
  readonly members: Record<string, Record<string, boolean>> = {}
  polls = 0
  closings = 0
  #waiting: (() => void)[] | undefined

  getMetadata(): Promise<{ readonly lastUpToDate: number }> {
    this.polls++
    return Promise.resolve({ lastUpToDate: Date.now() })
  }

  async getUserMembership(hash: string): Promise<Record<string, boolean> | undefined> {
    const key = ['u-1', 'o-1', 'u-2'].find((each) => bigSegmentHash(each) === hash)
    this.queries.push(key)
    const answer = this.members[key ?? '']
    if (this.#waiting) await new Promise<void>((resolve) => this.#waiting?.push(resolve))
    return answer
  }

  close(): void {
    this.closings++
  }

  /** Makes queries wait until the returned function is called. */
  hold(): () => void {
    const waiting: (() => void)[] = []
    this.#waiting = waiting
    return () => {
      this.#waiting = undefined
      for (const resume of waiting) resume()
    }
  }
}

function big(key: string, members: object = {}): TestSegment {
  return { key, unbounded: true, generation: 1, ...members }
}

/** Returns a flag that serves true to the members of any of the segments, in the order of its rules. */
function forMembers(key: string, ...segments: readonly string[]): TestFlag {
  return {
    key,
    on: true,
    variations: [false, true],
    fallthrough: { variation: 0 },
    offVariation: 0,
    salt: key,
    rules: segments.map((segment) => ({
      id: segment,
      variation: 1,
      clauses: [{ attribute: '', op: 'segmentMatch', values: [segment], negate: false }],
    })),
  }
}

interface Opened extends Started {
  readonly store: AppStore
  readonly data: TestData
}

const FLAGS = [forMembers('f', 's'), forMembers('g', 's', 't'), forMembers('plain', 'small')]
const SEGMENTS = [
  big('s'),
  big('t', { unboundedContextKind: 'org' }),
  { key: 'small', included: ['u-1'] } as TestSegment,
]

async function open(options: Partial<BigSegmentsOptions> = {}, more: ClientOptions = {}): Promise<Opened> {
  const store = new AppStore()
  const data = new TestData({ flags: FLAGS, segments: SEGMENTS })
  const started = start({
    dataSystem: following(data),
    bigSegments: { store: () => store, ...options },
    ...more,
  })
  await started.client.waitForInitialization()
  return { ...started, store, data }
}

const included = { value: true, variationIndex: 1, reason: { kind: 'RULE_MATCH', ruleIndex: 0, ruleId: 's' } }
const both = { kind: 'multi', user: { key: 'u-1' }, org: { key: 'o-1' } } as const

function healthy(detail: typeof included): object {
  return { ...detail, reason: { ...detail.reason, bigSegmentsStatus: 'HEALTHY' } }
}

it('(BS6.1, BS2.1) evaluates with the members of a store of the application, queried when they are reached', async () => {
  const { client, store } = await open()
  store.members['u-1'] = { 's.g1': true }
  expect(store.queries).toEqual([])
  expect(await client.boolVariationDetail('f', user, false)).toEqual(healthy(included))
  expect(await client.boolVariationDetail('f', { kind: 'user', key: 'u-2' }, false)).toMatchObject({
    value: false,
    reason: { kind: 'FALLTHROUGH', bigSegmentsStatus: 'HEALTHY' },
  })
  expect(await client.boolVariation('f', user, false)).toBe(true)
  expect(store.queries).toEqual(['u-1', 'u-2'])
})

it('(BS2.1, BS2.2) queries one key after the other in the order of the rules, each once, however long they take', async () => {
  const { client, store } = await open({ userCacheTimeMs: 0.001 })
  store.members['o-1'] = { 't.g1': true }
  const resume = store.hold()
  const evaluated = client.boolVariationDetail('g', both, false)
  await settle()
  expect(store.queries).toEqual(['u-1'])
  resume()
  expect(await evaluated).toMatchObject({
    value: true,
    reason: { ruleIndex: 1, bigSegmentsStatus: 'HEALTHY' },
  })
  expect(store.queries).toEqual(['u-1', 'o-1'])
})

it('(BS2.3) queries once for two kinds with the same key', async () => {
  const { client, store } = await open()
  store.members['u-1'] = { 't.g1': true }
  const context = { kind: 'multi', user: { key: 'u-1' }, org: { key: 'u-1' } } as const
  expect(await client.boolVariation('g', context, false)).toBe(true)
  expect(store.queries).toEqual(['u-1'])
})

it('(BS2.6) waits for nothing if no big segment is reached', async () => {
  const { client, store } = await open()
  store.hold()
  const turns: string[] = []
  const evaluated = client.boolVariation('plain', user, false).then(() => turns.push('evaluated'))
  // An async function without an await settles in the same microtask as this promise.
  const now = Promise.resolve().then(() => turns.push('next'))
  await Promise.all([evaluated, now])
  expect(turns).toEqual(['evaluated', 'next'])
  expect(store.queries).toEqual([])
})

it('(BS2.7) evaluates all flags with memberships, at one moment', async () => {
  const { client, store, data } = await open()
  store.members['u-1'] = { 's.g1': true }
  const resume = store.hold()
  const evaluated = client.allFlagsState(both, { withReasons: true })
  await settle()
  data.set(forMembers('f'), forMembers('new', 's'))
  resume()
  const state = await evaluated
  expect(state.allValues()).toEqual({ f: false, g: true, plain: true, new: true })
  expect(state.getFlagReason('g')).toMatchObject({ kind: 'RULE_MATCH', bigSegmentsStatus: 'HEALTHY' })
  expect(store.queries).toEqual(['u-1'])
})

it('(BS2.7) compares values with memberships in onValueChange, in the order of the changes', async () => {
  const { client, store, data } = await open({ userCacheTimeMs: 0.001 })
  store.members['u-1'] = { 's.g1': true }
  const changes: unknown[] = []
  const stop = client.onValueChange('f', user, false, ({ oldValue, newValue }) =>
    changes.push([oldValue, newValue]),
  )
  data.set(forMembers('f', 's', 'small'))
  await settle()
  expect(changes).toEqual([])
  data.set(forMembers('f'))
  data.set(forMembers('f', 's'))
  await settle()
  data.set(forMembers('f'))
  await settle()
  expect(changes).toEqual([
    [true, false],
    [false, true],
    [true, false],
  ])
  data.set(forMembers('f', 's'))
  stop()
  await settle()
  expect(changes).toHaveLength(3)
})

it('(BS2.8) evaluates synchronously with cached memberships, and otherwise as after a failed query', async () => {
  const { client, store, log } = await open()
  store.members['u-1'] = { 's.g1': true }
  expect(client.sync.boolVariationDetail('f', user, false)).toEqual({
    value: false,
    variationIndex: 0,
    reason: { kind: 'FALLTHROUGH', bigSegmentsStatus: 'STORE_ERROR' },
  })
  client.sync.boolVariation('f', { kind: 'user', key: 'u-2' }, false)
  expect(log.filter((line) => line.startsWith('warn'))).toEqual([
    'warn: client.sync evaluated a big segment without its members, because they are in a database that it cannot wait for: ' +
      'the rules of the segment decide, and the reason has STORE_ERROR. Use the methods that return promises',
  ])
  expect(store.queries).toEqual([])
  await client.boolVariation('f', user, false)
  expect(client.sync.boolVariationDetail('f', user, false)).toEqual(healthy(included))
})

it('(BS2.2) calls hooks once for an evaluation that waited', async () => {
  const { client, store } = await open()
  store.members['u-1'] = { 's.g1': true }
  const seen: unknown[] = []
  client.addHook({
    getMetadata: () => ({ name: 'witness' }),
    beforeEvaluation: (_, data) => data,
    afterEvaluation: (_, data, detail) => {
      seen.push(detail)
      return data
    },
  })
  await client.boolVariation('f', user, false)
  expect(seen).toEqual([healthy(included)])
})

it('(BS2.1) queries members of segments that are read lazily from a database', async () => {
  const store = new AppStore()
  store.members['u-1'] = { 's.g1': true }
  const database = new MemoryDatabase()
  for (const { key, ...flag } of FLAGS)
    database.put({ kind: 'flag', key, text: JSON.stringify({ ...flag, key, version: 1 }) })
  for (const { key, ...segment } of SEGMENTS)
    database.put({ kind: 'segment', key, text: JSON.stringify({ ...segment, key, version: 1 }) })
  const { client } = start({
    dataSystem: presets.daemon(database.description()),
    bigSegments: { store: () => store },
  })
  expect(await client.boolVariationDetail('g', user, false)).toEqual(healthy(included))
  expect((await client.allFlagsState(both)).allValues()).toEqual({ f: true, g: true, plain: true })
  expect(store.queries).toEqual(['u-1'])
})

it('(BS6.4) closes the store once with the client, and evaluates with what is cached', async () => {
  const { client, store } = await open()
  store.members['u-1'] = { 's.g1': true }
  await client.boolVariation('f', user, false)
  await Promise.all([client.close(), client.close()])
  expect(store.closings).toBe(1)
  expect(await client.boolVariationDetail('f', user, false)).toEqual(healthy(included))
  expect(await client.boolVariationDetail('f', { kind: 'user', key: 'u-2' }, false)).toMatchObject({
    reason: { kind: 'FALLTHROUGH', bigSegmentsStatus: 'STORE_ERROR' },
  })
})

it('(BS4.8) opens no store offline', async () => {
  const { client } = start({
    offline: true,
    bigSegments: {
      store: () => {
        throw new Error('opened')
      },
    },
  })
  expect(await client.bigSegmentStoreStatusProvider.requireStatus()).toEqual({
    available: false,
    stale: false,
  })
})

it('(BS4.5) has the status provider of the official SDK', async () => {
  const { client, store } = await open()
  expect(await client.bigSegmentStoreStatusProvider.requireStatus()).toEqual({
    available: true,
    stale: false,
  })
  expect(client.bigSegmentStoreStatusProvider.getStatus()).toEqual({ available: true, stale: false })
  expect(store.polls).toBe(1)
})

const wrongValues: Readonly<Record<string, () => unknown>> = {
  throws: () => {
    throw new Error('mine')
  },
  'rejects with undefined': () => Promise.reject(undefined),
  'returns a number': async () => 5,
  'returns a list': async () => [],
  'returns text': () => 'text',
  'returns members that are no booleans': async () => ({ 's.g1': 'yes', lastUpToDate: 'now' }),
  'returns a getter that throws': async () =>
    Object.defineProperty({}, 's.g1', {
      enumerable: true,
      get: () => {
        throw new Error('mine')
      },
    }),
}

it.each(Object.entries(wrongValues))('(BS6.2) contains a store that %s', async (name, wrong) => {
  const store = {
    getMetadata: wrong,
    getUserMembership: wrong,
    close: wrong,
  } as unknown as CustomBigSegmentStore
  const { client, log } = start({
    dataSystem: following(new TestData({ flags: FLAGS, segments: SEGMENTS })),
    bigSegments: { store: () => store },
  })
  await client.waitForInitialization()
  expect(await client.boolVariationDetail('f', user, true)).toEqual({
    value: false,
    variationIndex: 0,
    reason: { kind: 'FALLTHROUGH', bigSegmentsStatus: 'STORE_ERROR' },
  })
  if (name !== 'returns a getter that throws')
    expect(client.bigSegmentStoreStatusProvider.getStatus()).toEqual({ available: false, stale: false })
  expect(await client.boolVariation('plain', user, false)).toBe(true)
  expect(log.some((line) => line.startsWith('warn: big segments: a query failed: '))).toBe(true)
  await client.close()
})

it('(BS6.2) contains a store that never answers', async () => {
  const clock = new VirtualClock()
  const never = (): Promise<never> => new Promise(() => {})
  const store = { getMetadata: never, getUserMembership: never, close: never as unknown as () => void }
  const data = new TestData({ flags: FLAGS, segments: SEGMENTS })
  const { log, logger } = notes()
  const client = createClient('sdk-key', {
    clock,
    random: () => 0,
    logger,
    dataSystem: following(data),
    bigSegments: { store: () => store },
  })
  await client.waitForInitialization()
  const evaluated = client.boolVariationDetail('f', user, true)
  await clock.advance(5_000)
  expect(await evaluated).toMatchObject({ value: false, reason: { bigSegmentsStatus: 'STORE_ERROR' } })
  expect(log.filter((line) => line.startsWith('warn'))).toHaveLength(2)
  await client.close()
  expect(clock.armed).toBe(0)
})

function refused(bigSegments: unknown): string {
  try {
    const client = createClient('sdk-key', { dataSystem: presets.offline(), bigSegments } as ClientOptions)
    onTestFinished(() => client.close())
    return 'accepted'
  } catch (error) {
    return (error as Error).message
  }
}

it('(BS6.3) refuses a function that throws or returns no store', () => {
  const broken = (): never => {
    throw new Error('mine')
  }
  expect(refused({ store: broken })).toContain(
    'options.bigSegments.store: expected a function that returns an object with getMetadata, getUserMembership and close, received one that throws',
  )
  for (const nothing of [undefined, null, 5, {}, { getMetadata() {} }])
    expect(refused({ store: () => nothing })).toContain('received one that returns something else')
})
