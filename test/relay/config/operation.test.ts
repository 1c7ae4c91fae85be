import { describe, expect, it } from 'vitest'
import { readRelayConfig } from '../../../src/relay/config/read-relay-config.ts'
import { readText, wrongs, wrongsOf } from './reading.ts'

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

  it('reads the limit of series and the choice of metrics', () => {
    const text = `[OpenTelemetry]\nenvironmentStatusMetrics = false\n[Environment "one"]\nsdkKey = 1\n`
    const { config, warnings } = readText(text, { OTEL_METRICS_CARDINALITY_LIMIT: '0' })
    expect(warnings).toEqual([])
    expect(config).toMatchObject({ environmentStatusMetrics: false, metricsCardinalityLimit: Infinity })
  })
})

it('(S110) the log format is text, or json in any case', () => {
  expect(readText(ONE).config.logFormat).toBe('text')
  expect(readText(`[Main]\nlogFormat = Json\n${ONE}`).config.logFormat).toBe('json')
  for (const variables of [
    { LOG_FORMAT: 'json' },
    { HALYARD_RELAY_LOG_FORMAT: 'json' },
    { LOG_FORMAT: 'text', HALYARD_RELAY_LOG_FORMAT: 'json' },
  ]) {
    const { config, warnings } = readText(ONE, variables)
    expect([config.logFormat, warnings]).toEqual(['json', [expect.stringContaining('prefix')]])
  }
  // Other programs use this name for other values.
  const { config, warnings } = readText(`[Main]\nlogFormat = json\n${ONE}`, { LOG_FORMAT: 'pretty' })
  expect([config.logFormat, warnings]).toEqual([
    'json',
    [
      'LOG_FORMAT has no effect: expected text or json; HALYARD_RELAY_LOG_FORMAT takes precedence over it',
      expect.stringContaining('prefix'),
    ],
  ])
  expect(wrongsOf(ONE, { HALYARD_RELAY_LOG_FORMAT: 'pretty', LOG_FORMAT: 'json' })).toEqual([
    'HALYARD_RELAY_LOG_FORMAT: text or json, a string (value hidden)',
  ])
})

describe('(S212) the port of operators', () => {
  it('is read from a file, from variables and from an object', () => {
    const expected = { port: 9_090, host: '127.0.0.1' }
    expect(readText(`[Main]\nadminPort = 9090\nadminHost = 127.0.0.1\n${ONE}`).config.admin).toEqual(expected)
    const variables = { HALYARD_RELAY_ADMIN_PORT: '9090', HALYARD_RELAY_ADMIN_HOST: '127.0.0.1' }
    expect(readText(ONE, variables).config.admin).toEqual(expected)
    expect(readRelayConfig({ options: { environments, admin: expected } }).config.admin).toEqual(expected)
    expect(readText(ONE).config.admin).toBeUndefined()
  })

  it('(S212.6) has no effect without its number', () => {
    const { config, warnings } = readText(`[Main]\nadminHost = 127.0.0.1\n[Environment "one"]\nsdkKey = 1\n`)
    expect(config.admin).toBeUndefined()
    expect(warnings).toEqual(['relay.conf:2 [Main] adminHost has no effect: adminPort is not set'])
    expect(
      readText(`[Main]\nadminPort = 0\nadminHost = h\n[Environment "one"]\nsdkKey = 1\n`).warnings,
    ).toEqual([])
  })
})

describe('(S213) the login of operators', () => {
  it('is read from variables', () => {
    const variables = { HALYARD_RELAY_ADMIN_USER: 'ops', HALYARD_RELAY_ADMIN_PASSWORD: 'p' }
    expect(readText(ONE, variables).config.adminLogin).toEqual({ username: 'ops', password: 'p' })
    expect(readText(ONE).config.adminLogin).toBeUndefined()
  })

  it('(S213.5) is refused without a password, with two passwords, and with a colon in the user name', () => {
    expect(wrongsOf(`[Main]\nadminUser = ops\n${ONE}`)).toEqual([
      'relay.conf:2 [Main] adminUser: adminPassword or adminPasswordFile, neither',
    ])
    const both = { HALYARD_RELAY_ADMIN_PASSWORD: 'p', HALYARD_RELAY_ADMIN_PASSWORD_FILE: '/f' }
    expect(wrongsOf(ONE, both)).toEqual([
      'HALYARD_RELAY_ADMIN_PASSWORD_FILE: adminPassword or adminPasswordFile, both (HALYARD_RELAY_ADMIN_PASSWORD)',
    ])
    const colon = { HALYARD_RELAY_ADMIN_PASSWORD: 'p', HALYARD_RELAY_ADMIN_USER: 'a:b' }
    expect(wrongsOf(ONE, colon)).toEqual([
      'HALYARD_RELAY_ADMIN_USER: a user name of printable characters, without colons and spaces, a string (value hidden)',
    ])
  })
})

describe('(S214) the port of Prometheus', () => {
  const environment = '[Environment "one"]\nsdkKey = 1\n'

  it('(S214.2) is 8031 by default', () => {
    expect(readText(`[Prometheus]\nenabled = true\n${ONE}`).config.prometheus).toEqual({ port: 8_031 })
    expect(readText(ONE, { USE_PROMETHEUS: '1', PROMETHEUS_PORT: '1' }).config.prometheus).toEqual({
      port: 1,
    })
    expect(readRelayConfig({ options: { environments, prometheus: {} } }).config.prometheus).toEqual({
      port: 8_031,
    })
    expect(readText(ONE).config.prometheus).toBeUndefined()
  })

  it('(S214.2) is not opened unless it is enabled', () => {
    const { config, warnings } = readText(`[Prometheus]\nport = 8031\n${environment}`)
    expect(config.prometheus).toBeUndefined()
    expect(warnings).toEqual(['relay.conf:2 [Prometheus] port has no effect: Prometheus is not enabled'])
    const off = readText(`[Prometheus]\nenabled = true\n${environment}`, { USE_PROMETHEUS: '0' })
    expect([off.config.prometheus, off.warnings]).toEqual([undefined, []])
  })
})
