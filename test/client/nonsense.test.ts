import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/async/clock.ts'
import { createDataSystem } from '../../src/config/create-data-system.ts'
import { presets } from '../../src/config/presets.ts'
import type { SourceResult } from '../../src/model/source-result.ts'
import { TestData } from '../../src/testing/index.ts'
import { MemoryDatabase } from '../../src/testing/memory-database.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { SDK_KEY } from '../support/engine.ts'
import { failOnUnhandledErrors, settle } from '../support/unhandled-errors.ts'
import { following, notes, serving, start, user } from './starting.ts'

failOnUnhandledErrors()

const fail = (): never => {
  throw new Error('mine')
}
const reject = async (): Promise<never> => fail()

/** Invalid results of a source, and the reason in the log. */
const results: Readonly<Record<string, readonly [yielded: unknown, reason: string]>> = {
  null: [null, 'not an object'],
  'a number': [5, 'not an object'],
  'an object without a type': [{}, 'unknown type'],
  'no change set': [{ type: 'changeSet' }, 'change set that is not an object'],
  'a change set of another type': [
    { type: 'changeSet', changeSet: { type: 'delta', changes: [] } },
    'a change set of an unknown type',
  ],
  'no changes': [{ type: 'changeSet', changeSet: { type: 'full' } }, 'not a list'],
  'a put without an object after one that is right': [
    {
      type: 'changeSet',
      changeSet: {
        type: 'full',
        changes: [
          { op: 'put', kind: 'flag', key: 'half', version: 1, object: serving('half', 1) },
          { op: 'put', kind: 'flag', key: 'a', version: 1 },
        ],
      },
    },
    'change 1 is not a change',
  ],
  'a selector without a state': [
    { type: 'changeSet', changeSet: { type: 'full', changes: [], selector: 5 } },
    'selector that has no state',
  ],
  'an interruption without an error': [{ type: 'interrupted' }, 'without an error'],
  'a directive that is not an object': [
    { type: 'activity', of: 'heartbeat', directive: 5 },
    'FDv1 directive',
  ],
  'a getter that throws': [Object.defineProperty({}, 'type', { get: fail }), 'Error: mine'],
}

describe.each(Object.entries(results))('(S178) a source that yields %s', (_, [yielded, reason]) => {
  it('fails an initializer, a synchronizer and a candidate, and is not applied', async () => {
    const clock = new VirtualClock()
    const data = new TestData({ flags: [serving('a', 'on')] })
    const yields = async function* (): AsyncGenerator<SourceResult> {
      yield yielded as SourceResult
    }
    const { client, log } = start({
      clock,
      dataSystem: presets.custom({
        initializers: [{ name: 'first', fetch: yields }],
        synchronizers: [{ name: 'second', sync: yields }, data.synchronizer()],
      }),
    })
    await clock.advance(1_000_000)
    expect(client.sync.variation('a', user, 'x')).toBe('on')
    expect(client.sync.variation('half', user, 'x')).toBe('x')
    expect(log).toContainEqual(expect.stringMatching(new RegExp(`^warn: first: .*${reason}`)))
    expect(log).toContainEqual(expect.stringMatching(new RegExp(`^warn: second: .*${reason}`)))
    const closing = client.close()
    await clock.advance(10_000)
    await closing
  })
})

/** Iterators that violate the iterator protocol; the source is retired. */
const broken: Readonly<Record<string, () => unknown>> = {
  'is no iterator': () => undefined,
  'returns no promise': () => ({ next: () => undefined }),
  'resolves with no result': () => ({ next: async () => undefined }),
}

/** Iterators of a source that is left and later opened again beside the next source. */
const endless: Readonly<Record<string, () => unknown>> = {
  'never settles': () => ({ next: () => new Promise(() => {}) }),
  'fails when it is received to end': () => ({ next: () => new Promise(() => {}), return: fail }),
  'never ends, abort or not, and waits for nothing': () => ({
    next: async () => ({ done: false, value: { type: 'activity', of: 'payload' } }),
  }),
}

it.each([
  ...Object.entries(broken).map(([way, iterator]) => ({ way, iterator, openings: 1 })),
  ...Object.entries(endless).map(([way, iterator]) => ({ way, iterator, openings: 2 })),
])(
  '(S178) a source whose iterator $way does not prevent the next one from serving',
  async ({ iterator, openings }) => {
    let opened = 0
    const begin = (): never => ({ [Symbol.asyncIterator]: iterator }) as never
    const sync = (): never => {
      opened++
      return begin()
    }
    const data = new TestData({ flags: [serving('a', 'on')] })
    const { client } = start({
      timings: { noProgressMs: 5, firstDataMs: 5, recoveryMs: 5 },
      dataSystem: presets.custom({
        initializers: [{ name: 'first', fetch: begin }],
        synchronizers: [{ name: 'second', sync }, data.synchronizer()],
      }),
    })
    await client.waitForInitialization()
    expect(client.sync.variation('a', user, 'x')).toBe('on')
    await expect.poll(() => opened).toBeGreaterThanOrEqual(openings)
    await client.close()
  },
)

const clocks: Readonly<Record<string, () => unknown>> = {
  throws: fail,
  'returns nothing': () => undefined,
  'returns promises that reject': reject,
}
const chances: Readonly<Record<string, () => unknown>> = {
  throws: fail,
  'is not a number': () => Number.NaN,
  'is out of range': () => 7,
  'returns a promise that rejects': reject,
}

describe('(S178) uses the clock and random numbers of the platform in place of broken ones', () => {
  it.each(Object.entries(clocks))('a clock whose methods: %s', async (_, method) => {
    const clock = { now: method, monotonic: method, after: method, hold: method, breathe: method }
    const data = new TestData({ flags: [serving('a', 1)] })
    const store = new MemoryDatabase().description()
    const { client, log } = start({
      clock: clock as never,
      dataSystem: presets.custom({ initializers: [], synchronizers: [data.synchronizer()], store }),
    })
    await client.waitForInitialization()
    expect(await client.status.waitFor('off', { timeoutMs: 1 })).toBe(false)
    data.set(serving('a', 2))
    await expect.poll(() => client.sync.variation('a', user, 0)).toBe(2)
    expect(client.status.current).toMatchObject({ state: 'valid', since: expect.any(Number) })
    await client.close()
    expect(log.filter((line) => line.includes('the clock option failed'))).toHaveLength(1)
  })

  it('a clock that calls back before `after` has returned', async () => {
    const after = (ms: number, wake: () => void): (() => void) => {
      if (ms < 100) wake()
      return () => {}
    }
    let asked = 0
    const request = (): never => {
      asked++
      return fail()
    }
    const { client } = start({
      clock: { ...systemClock, after },
      timings: { pollIntervalMs: 5, initialReconnectDelayMs: 1 },
      dataSystem: presets.pollingOnly(),
      transport: { request, close: async () => {} },
    })
    await expect.poll(() => asked).toBeGreaterThan(2)
    await client.close()
  })

  it.each(Object.entries(chances))('random %s', async (_, random) => {
    const clock = new VirtualClock()
    let asked = 0
    const request = (): never => {
      asked++
      return fail()
    }
    const { client, log } = start({
      clock,
      random: random as never,
      dataSystem: presets.pollingOnly(),
      transport: { request, close: async () => {} },
    })
    await clock.advance(300_000)
    expect(asked).toBeGreaterThan(2)
    expect(client.status.current.lastError?.message).toBe('mine')
    const closing = client.close()
    await clock.advance(10_000)
    await closing
    expect(log.filter((line) => line.includes('the random option failed'))).toHaveLength(1)
  })
})

const response = { status: 200, headers: {}, body: (async function* () {})() }
const never = (): Promise<never> => new Promise(() => {})
const deafBody = { [Symbol.asyncIterator]: () => ({ next: never }) }

/** Invalid responses, and the error in the status. */
const answers: Readonly<Record<string, readonly [get: () => unknown, reason: RegExp]>> = {
  nothing: [() => undefined, /something else than a response/],
  'an empty object': [() => ({}), /something else than a response/],
  'no headers': [() => ({ ...response, headers: null }), /something else than a response/],
  'no body': [() => ({ ...response, body: undefined }), /something else than a response/],
  'a status that is a text': [() => ({ ...response, status: '200' }), /something else than a response/],
  'no answer, whatever the signal says': [never, /no byte for 10 s|no answer within 15 s/],
  'a body that never comes': [async () => ({ ...response, body: deafBody }), /no byte for \d+ s/],
}

describe.each(Object.entries(answers))('(S178) a transport that returns %s', (_, [get, reason]) => {
  it.each([
    ['polling', presets.pollingOnly()],
    ['streaming', presets.streaming()],
  ])('fails the source: %s', async (__, dataSystem) => {
    const clock = new VirtualClock()
    let asked = 0
    const transport = {
      request: () => {
        asked++
        return get()
      },
      close: async () => {},
    }
    const { client } = start({ clock, dataSystem, transport: transport as never })
    await clock.advance(1_000_000)
    expect(client.status.current.lastError?.message).toMatch(reason)
    expect(asked).toBeGreaterThan(1)
    const closing = client.close()
    await clock.advance(10_000)
    await closing
  })
})

/** Dispatchers that violate the interface of undici. */
const dispatchers: Readonly<Record<string, object>> = {
  'throws from dispatch': { dispatch: fail },
  'rejects from dispatch': { dispatch: reject },
  'never calls back': { dispatch: () => true },
  'never calls back and says that it is busy': { dispatch: () => false },
  'throws from request': { dispatch: () => true, request: fail },
  'rejects from request': { dispatch: () => true, request: reject },
  'returns nothing from request': { dispatch: () => true, request: () => undefined },
  'resolves with nothing': { dispatch: () => true, request: async () => ({}) },
  'never settles': { dispatch: () => true, request: never },
}

it.each(Object.entries(dispatchers))(
  '(S141, S178) a dispatcher that %s is a failure of the source',
  async (_, dispatcher) => {
    const clock = new VirtualClock()
    const { client } = start({ clock, dataSystem: presets.pollingOnly(), dispatcher: dispatcher as never })
    const failure = new Promise((resolve) => client.once('error', resolve))
    // The modules of undici are loaded in real time.
    let failed = false
    const settled = failure.then(() => {
      failed = true
    })
    while (!failed) await clock.advance(1_000)
    await settled
    const closing = client.close()
    await clock.advance(10_000)
    await closing
  },
)

it.each(Object.entries({ throws: fail, rejects: reject }))(
  '(S141) a sink of the application that %s is logged, and its source goes on',
  async (_, accept) => {
    const { log, logger } = notes()
    const data = new TestData({ flags: [serving('a', 1)] })
    const others: unknown[] = []
    const sinks = [{ accept }, { accept: (applied: unknown) => others.push(applied) }]
    const system = createDataSystem(SDK_KEY, following(data), { logger }, sinks)
    await system.waitForInitialization()
    data.set(serving('a', 2))
    await settle()
    expect(others).toHaveLength(2)
    expect(system.status.current.state).toBe('valid')
    await system.close()
    expect(log.filter((line) => line.includes('a sink threw'))).toHaveLength(2)
  },
)
