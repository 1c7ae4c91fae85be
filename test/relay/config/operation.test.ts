import { describe, expect, it } from 'vitest'
import { readRelayConfig } from '../../../src/relay/config/read-relay-config.ts'
import { readText, wrongs } from './reading.ts'

const ONE = '[Environment "one"]\nsdkKey = 1\nprefix = one\n'
const REDIS = '[Redis]\nhost = h\n'
const environments = [{ name: 'one', sdkKey: '1' }]

describe('(S107) what ready means', () => {
  it.each<readonly [string, readonly string[]]>([
    ['data', ['data']],
    ['"store , DATA"', ['data', 'store']],
    ['upstream,upstream', ['upstream']],
    ['None', []],
  ])('is read in a file: %s', (value, requires) => {
    const { config, warnings } = readText(`[Main]\nreadyRequires = ${value}\n${REDIS}${ONE}`)
    expect([config.ready, warnings]).toEqual([{ requires }, []])
  })

  it('is read in an object, one member without the other', () => {
    const { ready } = readRelayConfig({ options: { environments, ready: { maxAgeMs: 300_000 } } }).config
    expect(ready).toEqual({ requires: ['data'], maxAgeMs: 300_000 })
    expect(readRelayConfig({ options: { environments, ready: { requires: [] } } }).config.ready).toEqual({
      requires: [],
    })
  })

  it('is warned of where it cannot be meant so: no database, and an age that healthy data has', () => {
    const text = `[Main]\nreadyRequires = store\nreadyMaxAge = 3m\n[Environment "one"]\nsdkKey = 1\n`
    expect(readText(text).warnings).toEqual([
      'relay.conf:2 [Main] readyRequires: store has no effect, because no database is configured',
      'relay.conf:3 [Main] readyMaxAge is less than 4m, which a healthy stream may be silent for: idle environments will be called not ready',
    ])
    expect(readText(`[Main]\nreadyRequires = store\nreadyMaxAge = 4m\n${REDIS}${ONE}`).warnings).toEqual([])
  })

  it('is refused by its path', () => {
    const options = { environments, ready: { requires: ['data', 'none'], maxAge: 1 }, openTelemetry: 'yes?' }
    expect(
      wrongs({ options: options as unknown as NonNullable<Parameters<typeof wrongs>[0]['options']> }),
    ).toEqual([
      'options.ready.maxAge: an option (did you mean options.ready.maxAgeMs?), another name',
      'options.ready.requires: data, upstream and store, or some of them, or none, a list',
      'options.openTelemetry: true or false (or 1, yes, on; 0, no, off), another text',
    ])
  })
})

describe('(S109) OpenTelemetry', () => {
  it.each<readonly [string, Readonly<Record<string, string>>, boolean]>([
    ['', {}, false],
    ['[OpenTelemetry]\n', {}, false],
    ['[OpenTelemetry]\nenabled = true\n', {}, true],
    ['[OpenTelemetry]\nenabled\n', { USE_OTLP: 'false' }, false],
    ['', { USE_OTLP: '1' }, true],
  ])('is enabled by the words of the Relay Proxy: %j, %j', (text, variables, expected) => {
    const { config, warnings } = readText(text + ONE, { ...variables, LD_PREFIX_one: '' })
    expect(config.openTelemetry).toBe(expected)
    expect(warnings.filter((warning) => !/prefix/.test(warning))).toEqual([])
  })

  it('has options there that mean nothing here', () => {
    const text = `[OpenTelemetry]\nenabled\nenvironmentStatusMetrics = true\n[Environment "one"]\nsdkKey = 1\n`
    expect(readText(text, { OTEL_METRICS_CARDINALITY_LIMIT: '20' }).warnings).toEqual([
      "relay.conf:3 [OpenTelemetry] environmentStatusMetrics has no effect: only LaunchDarkly's Relay Proxy knows it",
      "OTEL_METRICS_CARDINALITY_LIMIT has no effect: only LaunchDarkly's Relay Proxy knows it",
    ])
  })
})

it('(S110) the form of logs is text unless somebody says json, in any case', () => {
  expect(readText(ONE).config.logFormat).toBe('text')
  expect(readText(`[Main]\nlogFormat = Json\n${ONE}`).config.logFormat).toBe('json')
  expect(readText(ONE, { HALYARD_RELAY_LOG_FORMAT: 'json' }).config.logFormat).toBe('json')
})
