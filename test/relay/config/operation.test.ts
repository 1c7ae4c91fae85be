import { describe, expect, it } from 'vitest'
import { readRelayConfig } from '../../../src/relay/config/read-relay-config.ts'
import { readText, wrongs } from './reading.ts'

const ONE = '[Environment "one"]\nsdkKey = 1\nprefix = one\n'
const REDIS = '[Redis]\nhost = h\n'
const environments = [{ name: 'one', sdkKey: '1' }]

describe('(S107) the conditions for /readyz', () => {
  it.each<readonly [string, readonly string[]]>([
    ['data', ['data']],
    ['"store , DATA"', ['data', 'store']],
    ['upstream,upstream', ['upstream']],
    ['None', []],
  ])('are read from a file: %s', (value, requires) => {
    const { config, warnings } = readText(`[Main]\nreadyRequires = ${value}\n${REDIS}${ONE}`)
    expect([config.ready, warnings]).toEqual([{ requires }, []])
  })

  it('are read from an object, each member alone', () => {
    const { ready } = readRelayConfig({ options: { environments, ready: { maxAgeMs: 300_000 } } }).config
    expect(ready).toEqual({ requires: ['data'], maxAgeMs: 300_000 })
    expect(readRelayConfig({ options: { environments, ready: { requires: [] } } }).config.ready).toEqual({
      requires: [],
    })
  })

  it('cause a warning if there is no database, or if healthy data may exceed the age', () => {
    const text = `[Main]\nreadyRequires = store\nreadyMaxAge = 3m\n[Environment "one"]\nsdkKey = 1\n`
    expect(readText(text).warnings).toEqual([
      'relay.conf:2 [Main] readyRequires: store has no effect, because no database is configured',
      'relay.conf:3 [Main] readyMaxAge is less than 4m, for which a healthy stream may be silent: idle environments will not be ready',
    ])
    expect(readText(`[Main]\nreadyRequires = store\nreadyMaxAge = 4m\n${REDIS}${ONE}`).warnings).toEqual([])
  })

  it('are refused with their path', () => {
    const options = { environments, ready: { requires: ['data', 'none'], maxAge: 1 }, openTelemetry: 'yes?' }
    expect(
      wrongs({ options: options as unknown as NonNullable<Parameters<typeof wrongs>[0]['options']> }),
    ).toEqual([
      'options.ready.maxAge: a known option (did you mean ready.maxAgeMs?), an unknown name',
      'options.ready.requires: a list of data, upstream and store, or none, an array',
      'options.openTelemetry: true or false (or 1, yes, on; 0, no, off), a string (value hidden)',
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
  ])('is enabled by the options of the Relay Proxy: %j, %j', (text, variables, expected) => {
    const { config, warnings } = readText(text + ONE, { ...variables, LD_PREFIX_one: '' })
    expect(config.openTelemetry).toBe(expected)
    expect(warnings.filter((warning) => !/prefix/.test(warning))).toEqual([])
  })

  it('warns about options that have no effect', () => {
    const text = `[OpenTelemetry]\nenabled\nenvironmentStatusMetrics = true\n[Environment "one"]\nsdkKey = 1\n`
    expect(readText(text, { OTEL_METRICS_CARDINALITY_LIMIT: '20' }).warnings).toEqual([
      "relay.conf:3 [OpenTelemetry] environmentStatusMetrics has no effect: only LaunchDarkly's Relay Proxy supports it",
      "OTEL_METRICS_CARDINALITY_LIMIT has no effect: only LaunchDarkly's Relay Proxy supports it",
    ])
  })
})

it('(S110) the log format is text, or json in any case', () => {
  expect(readText(ONE).config.logFormat).toBe('text')
  expect(readText(`[Main]\nlogFormat = Json\n${ONE}`).config.logFormat).toBe('json')
  expect(readText(ONE, { HALYARD_RELAY_LOG_FORMAT: 'json' }).config.logFormat).toBe('json')
})
