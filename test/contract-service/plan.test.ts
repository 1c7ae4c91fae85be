import { expect, test } from 'vitest'
import { ConfigError, createClient } from '../../src/index.ts'
import { createRequest } from './create-request.ts'
import { planOf } from './plan.ts'

function planFrom(dataSystem: object | null, more: object = {}): unknown {
  const { configuration } = createRequest.parse({ configuration: { credential: 'k', dataSystem, ...more } })
  return planOf(configuration)
}

test('keeps order, addresses and durations of sources', () => {
  const plan = planFrom({
    initializers: [
      { polling: { baseUri: 'http://first', pollIntervalMs: null } },
      { polling: { baseUri: 'http://second', pollIntervalMs: 9 } },
    ],
    synchronizers: [
      { streaming: { baseUri: 'http://third', initialRetryDelayMs: 50 }, polling: null },
      { streaming: null, polling: { baseUri: 'http://fourth', pollIntervalMs: 60_000 } },
    ],
    fdv1Fallback: { baseUri: 'http://fifth', pollIntervalMs: 70_000 },
  })
  expect(plan).toEqual({
    initializers: [
      { type: 'polling', baseUri: 'http://first' },
      { type: 'polling', baseUri: 'http://second' },
    ],
    synchronizers: [
      { type: 'streaming', baseUri: 'http://third', initialReconnectDelayMs: 50 },
      { type: 'polling', baseUri: 'http://fourth', intervalMs: 60_000 },
    ],
    fdv1Fallback: { baseUri: 'http://fifth', intervalMs: 70_000 },
  })
})

test('adds no source that is not configured, also no FDv1 fallback', () => {
  const nothing = { initializers: [], synchronizers: [], fdv1Fallback: null }
  expect(planFrom({ initializers: null, synchronizers: null, fdv1Fallback: null })).toEqual(nothing)
  expect(planFrom({})).toEqual(nothing)
})

const fdv1 = { initializers: [], fdv1Fallback: null }
const streamed = { streaming: { baseUri: 'http://first', initialRetryDelayMs: 50 } }
const polled = { polling: { baseUri: 'http://second', pollIntervalMs: 60_000 } }
const stream = { type: 'streaming', protocol: 'fdv1', baseUri: 'http://first', initialReconnectDelayMs: 50 }
const polls = { type: 'polling', protocol: 'fdv1', baseUri: 'http://second', intervalMs: 60_000 }
const persistentDataStore = {
  store: { type: 'redis', prefix: 'p', dsn: 'redis://127.0.0.1:6379' },
  cache: { mode: 'off', ttl: null },
}
const both = { streaming: 'http://third', polling: 'http://fourth', events: null }

test.each([
  ['a stream', { ...streamed, polling: null }, [stream]],
  ['polls', { ...polled, streaming: null }, [polls]],
  ['a stream and polls', { ...streamed, ...polled }, [stream, polls]],
  [
    'addresses alone',
    { serviceEndpoints: both },
    [{ type: 'streaming', protocol: 'fdv1', baseUri: 'http://third' }],
  ],
  [
    'polls whose address is with the others',
    { polling: { baseUri: null, pollIntervalMs: null }, serviceEndpoints: both },
    [{ type: 'polling', protocol: 'fdv1', baseUri: 'http://fourth' }],
  ],
])('version 2 of the suite gets FDv1: %s', (_, more, synchronizers) => {
  expect(planFrom(null, more)).toEqual({ ...fdv1, synchronizers })
})

test('writes the store of version 2 beside a source, and uses daemon mode without one', () => {
  const store = expect.objectContaining({ type: 'redis', prefix: 'p' })
  expect(planFrom(null, { ...streamed, persistentDataStore })).toMatchObject({
    synchronizers: [stream],
    store,
    storeMode: 'read-write',
  })
  expect(planFrom(null, { persistentDataStore })).toMatchObject({ ...fdv1, synchronizers: [], store })
})

test.each([
  ['nothing', null, {}],
  ['an address for polls alone', null, { serviceEndpoints: { streaming: null, polling: 'http://a' } }],
  ['a stream without an address', null, { streaming: {} }],
  ['an initializer without an address', { initializers: [{ polling: {} }] }, {}],
  ['a synchronizer without an address', { synchronizers: [{ streaming: {} }] }, {}],
  ['an FDv1 fallback without an address', { fdv1Fallback: {} }, {}],
  ['the default of client-side SDKs', { useDefaultDataSystem: true }, {}],
  ['connection modes', { connectionModeConfig: {} }, {}],
  ['an unknown member', { sources: [] }, {}],
  ['an unknown initializer', { initializers: [{ file: {} }] }, {}],
])('a configuration of %s is refused, and nothing connects to the hosted service', (_, dataSystem, more) => {
  expect(() => planFrom(dataSystem, more)).toThrow(/cannot be understood|no such member|Invalid input/)
})

test('S156: refuses an address with more than host and path', () => {
  for (const [address, expected] of [
    ['http://user:s3cret@host', 'without a user and password'],
    ['http://host/?a=b', 'without a query'],
    ['http://host/#x', 'without a fragment'],
  ] as const) {
    const polling = { baseUri: address, pollIntervalMs: null }
    const given = { configuration: { credential: 'k', polling } }
    const { configuration } = createRequest.parse(given)
    const client = (): unknown => createClient('k', { dataSystem: planOf(configuration) })
    expect(client).toThrow(ConfigError)
    expect(client).toThrow(expected)
  }
})
