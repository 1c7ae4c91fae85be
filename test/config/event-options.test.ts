import { describe, expect, it } from 'vitest'
import type { ConnectionOptions, DataSystemConfig } from '../../src/config/config.ts'
import { normalise, type Settings } from '../../src/config/normalise.ts'
import { presets } from '../../src/config/presets.ts'
import { MemoryDatabase, TestData } from '../../src/testing/index.ts'
import { recorder } from './recorder.ts'

interface Read {
  readonly events: Settings['events']
  readonly warnings: readonly string[]
}

function read(options: ConnectionOptions, plan: DataSystemConfig = presets.default()): Read {
  const { warnings, logger } = recorder()
  const { events } = normalise('sdk-key', plan, { logger, ...options }, { user: 'client' })
  return { events, warnings }
}

const HOSTED = 'https://events.launchdarkly.com'
const RELAY = 'http://relay:8030'

const inMemory = presets.custom({ initializers: [], synchronizers: [new TestData().synchronizer()] })
const inFiles = presets.custom({ initializers: [], synchronizers: [{ type: 'file', paths: ['flags.json'] }] })
const byItself = presets.custom({ initializers: [], synchronizers: [{ type: 'streaming', baseUri: RELAY }] })
const inDatabase = presets.daemon(new MemoryDatabase().description())

describe('the address of events', () => {
  it.each<[what: string, options: ConnectionOptions, plan: DataSystemConfig, url: string]>([
    ['the hosted service', {}, presets.default(), HOSTED],
    ['its addresses in words', { baseUri: 'https://sdk.launchdarkly.com/' }, presets.streaming(), HOSTED],
    ['daemon mode', {}, inDatabase, HOSTED],
    ['an address', { endpoints: { events: RELAY } }, inMemory, RELAY],
    ['the official name', { eventsUri: RELAY, baseUri: RELAY }, presets.default(), RELAY],
  ])('(AE7.1, AE7.2) for %s: %j', (_, options, plan, url) => {
    expect(read(options, plan)).toMatchObject({ events: { url }, warnings: [] })
  })

  it.each<[what: string, options: ConnectionOptions, plan: DataSystemConfig]>([
    ['polls and streams', { endpoints: { polling: RELAY, streaming: RELAY } }, presets.default()],
    ['polls', { baseUri: RELAY }, presets.default()],
    ['streams in daemon mode', { streamUri: RELAY }, inDatabase],
    ['one source', {}, byItself],
  ])('(AE7.3) is none, with a warning, if only the address of %s is set', (_, options, plan) => {
    const { events, warnings } = read(options, plan)
    expect(events).toBeUndefined()
    expect(warnings).toEqual([expect.stringMatching(/^events: .* set options\.endpoints\.events/)])
    expect(read({ ...options, sendEvents: false }, plan).warnings).toEqual([])
  })

  it.each([
    ['test data', inMemory],
    ['files', inFiles],
  ])('(AE7.4) is none for %s, without a warning unless events were configured', (_, plan) => {
    expect(read({}, plan)).toEqual({ events: undefined, warnings: [] })
    expect(read({ sendEvents: true }, plan).warnings).toEqual([expect.stringMatching(/no source of flags/)])
  })

  it('(AE7.5) is none if events are turned off', () => {
    const address = { eventsUri: RELAY }
    expect(read({ ...address, sendEvents: false })).toEqual({ events: undefined, warnings: [] })
    expect(read({ ...address, events: false })).toEqual({ events: undefined, warnings: [] })
  })
})

describe('the options of events', () => {
  it('have defaults', () => {
    expect(read({}).events).toEqual({
      url: HOSTED,
      capacity: 10_000,
      capacityBytes: 10_485_760,
      flushIntervalMs: 5_000,
      contextKeysCapacity: 1_000,
      contextKeysFlushIntervalMs: 300_000,
      privateAttributes: [],
      allAttributesPrivate: false,
      omitAnonymousContexts: false,
      compression: 'none',
      requestTimeoutMs: 10_000,
      closeTimeoutMs: 5_000,
      diagnosticOptOut: false,
      diagnosticIntervalMs: 900_000,
    })
  })

  const official = {
    capacity: 5,
    flushInterval: 1.5,
    contextKeysCapacity: 6,
    contextKeysFlushInterval: 2,
    privateAttributes: ['email'],
    allAttributesPrivate: true,
    enableEventCompression: true,
    diagnosticOptOut: true,
    diagnosticRecordingInterval: 61,
  }

  it('(AE7.6) can have the names and units of the official SDK', () => {
    expect(read(official)).toMatchObject({
      events: {
        capacity: 5,
        flushIntervalMs: 1_500,
        contextKeysCapacity: 6,
        contextKeysFlushIntervalMs: 2_000,
        privateAttributes: ['email'],
        allAttributesPrivate: true,
        compression: 'gzip',
        diagnosticOptOut: true,
        diagnosticIntervalMs: 61_000,
      },
      warnings: [],
    })
  })

  it('(AE7.6) override those of the official SDK, with a warning if they differ', () => {
    const events = {
      capacity: 7,
      flushIntervalMs: 1_500,
      privateAttributes: ['email'],
      compression: 'none',
    } as const
    const { events: settings, warnings } = read({
      ...official,
      events,
      eventsUri: RELAY,
      endpoints: { events: HOSTED },
    })
    expect(settings).toMatchObject({ url: HOSTED, ...events, contextKeysCapacity: 6 })
    expect(warnings.toSorted()).toEqual([
      'options.capacity is overridden by options.events.capacity',
      'options.enableEventCompression is overridden by options.events.compression',
      'options.eventsUri is overridden by options.endpoints.events',
    ])
  })

  it('(AE7.7) warn of references that are malformed, and of an interval that is too short', () => {
    const { events, warnings } = read({ privateAttributes: ['/a//b', 'c'], diagnosticRecordingInterval: 5 })
    expect(events?.diagnosticIntervalMs).toBe(60_000)
    expect(warnings).toEqual([
      'options.events.diagnosticIntervalMs (or options.diagnosticRecordingInterval, in seconds) is below the minimum; 60000 ms is used',
      'options.privateAttributes: "/a//b" is not an attribute; ignored',
    ])
  })

  it.each<[path: string, options: unknown]>([
    ['options.capacity', { capacity: 0 }],
    ['options.flushInterval', { flushInterval: -1 }],
    ['options.privateAttributes[0]', { privateAttributes: [3] }],
    ['options.events', { events: true }],
    ['options.events.capacityBytes', { events: { capacityBytes: 1.5 } }],
    ['options.events.compression', { events: { compression: 'br' } }],
    ['options.events.flushInterval', { events: { flushInterval: 5 } }],
    ['options.eventsUri', { eventsUri: 'relay' }],
    ['options.endpoints.events', { endpoints: { events: 'ftp://relay' } }],
    ['options.eventUri', { eventUri: RELAY }],
  ])('are refused if they are wrong: %s', (path, options) => {
    expect(() => read(options as ConnectionOptions)).toThrow(
      expect.objectContaining({ issues: [expect.objectContaining({ path })] }),
    )
  })

  it('S165.4 cause one warning without a client', () => {
    const { warnings, logger } = recorder()
    const options = { sendEvents: true, capacity: 5, events: { capacity: 6 }, diagnosticOptOut: true }
    expect(normalise('sdk-key', presets.default(), { logger, ...options }).events).toBeUndefined()
    expect(warnings).toEqual([
      'options.sendEvents, options.capacity, options.events: without effect, because only a client sends analytics events',
    ])
    normalise('sdk-key', presets.default(), { logger, sendEvents: false, diagnosticOptOut: true })
    expect(warnings).toHaveLength(1)
  })
})
