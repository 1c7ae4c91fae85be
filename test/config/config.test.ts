import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { ConnectionOptions, DataSystemConfig } from '../../src/config/config.ts'
import { createDataSystem } from '../../src/config/create-data-system.ts'
import { normalise } from '../../src/config/normalise.ts'
import { presets } from '../../src/config/presets.ts'
import { VERSION } from '../../src/config/request-headers.ts'
import { ConfigError, type ConfigIssue } from '../../src/model/errors.ts'
import type { Logger } from '../../src/model/logger.ts'

const KEY = 'sdk-secret-123'

/** Returns the issues of arguments that need not have the right types. */
function issuesOf(dataSystem: unknown, options: unknown = {}, sdkKey: unknown = KEY): readonly ConfigIssue[] {
  try {
    createDataSystem(sdkKey as string, dataSystem as DataSystemConfig, options as ConnectionOptions)
  } catch (error) {
    if (error instanceof ConfigError) return error.issues
    throw error
  }
  throw new Error('the options were accepted')
}

function recorder(): { readonly warnings: string[]; readonly logger: Logger } {
  const warnings: string[] = []
  const logger = { debug() {}, info() {}, warn: (message: string) => warnings.push(message), error() {} }
  return { warnings, logger }
}

describe('wrong configuration', () => {
  it.each<[what: string, dataSystem: unknown, issue: ConfigIssue]>([
    ['a list', [], { path: 'dataSystem', expected: 'an object', received: 'an array' }],
    [
      'a missing list',
      { initializers: [] },
      { path: 'dataSystem.synchronizers', expected: 'an array', received: 'undefined' },
    ],
    [
      'an unknown source',
      { initializers: [], synchronizers: [{ type: 'carrier pigeon' }] },
      {
        path: 'dataSystem.synchronizers[0].type',
        expected: '"polling" or "streaming" or "file"',
        received: '"carrier pigeon"',
      },
    ],
    [
      'a source that is no object',
      { initializers: [null], synchronizers: [] },
      { path: 'dataSystem.initializers[0]', expected: 'an object', received: 'null' },
    ],
    [
      'a number in words',
      { initializers: [], synchronizers: [{ type: 'polling', intervalMs: '30s' }] },
      {
        path: 'dataSystem.synchronizers[0].intervalMs',
        expected: 'a number',
        received: 'a string (value hidden)',
      },
    ],
    [
      'a URL that is none',
      { initializers: [{ type: 'polling', baseUri: 'localhost' }], synchronizers: [] },
      {
        path: 'dataSystem.initializers[0].baseUri',
        expected: 'an http or https URL',
        received: 'a string (value hidden)',
      },
    ],
  ])('(D2.2) rejects %s with path, expected and received value', (_, dataSystem, issue) => {
    expect(issuesOf(dataSystem)).toEqual([issue])
  })

  it('(D2.2) lists all errors at once', () => {
    const dataSystem = {
      initializers: 1,
      synchronizers: [{ type: 'streaming', initialReconnectDelayMs: null }],
    }
    const options = {
      endpoints: { polling: 5 },
      logger: {},
      random: 0.5,
      clock: { now() {} },
      transport: 'x',
      limits: { maxBodyBytes: 0 },
    }
    expect(issuesOf(dataSystem, options, '').map(({ path }) => path)).toEqual([
      'sdkKey',
      'dataSystem.initializers',
      'dataSystem.synchronizers[0].initialReconnectDelayMs',
      'options.endpoints.polling',
      'options.limits.maxBodyBytes',
      'options.logger',
      'options.transport',
      'options.clock',
      'options.random',
    ])
  })

  it.each([[''], ['two words'], ['line\nbreak'], ['schlüssel'], [null], [42]])(
    '(D2.3, D21) rejects the SDK key %j without repeating it',
    (sdkKey) => {
      const [issue] = issuesOf(presets.default(), {}, sdkKey)
      expect(issue?.path).toBe('sdkKey')
      if (sdkKey) expect(issue?.received).not.toContain(String(sdkKey))
    },
  )

  it('(D2.1) throws before anything starts', () => {
    let asked = 0
    const transport = {
      request: () => Promise.reject(new Error(String(asked++))),
      close: () => Promise.resolve(),
    }
    expect(() => createDataSystem(KEY, presets.default(), { transport, random: 3 as never })).toThrow(
      ConfigError,
    )
    expect(asked).toBe(0)
  })
})

describe('configuration with a warning', () => {
  it('(D2.4) raises a poll interval below the minimum, with a warning', async () => {
    const { warnings, logger } = recorder()
    const transport = { request: () => new Promise<never>(() => {}), close: () => Promise.resolve() }
    const dataSystem = createDataSystem(KEY, presets.pollingOnly({ intervalMs: 5_000 }), {
      logger,
      transport,
    })
    expect(warnings).toEqual(['polling: a poll interval of 5000 ms is below the minimum; 30000 ms is used'])
    await dataSystem.close()
  })
})

describe('valid configuration', () => {
  it('(D4.7) raises failover durations to one second; injected timings may be shorter', () => {
    const { warnings, logger } = recorder()
    const plan = presets.default({ failover: { interruptedMs: 30_000, recoveryMs: 5 } })
    const { timings } = normalise(KEY, plan, { logger })
    expect(timings).toMatchObject({ noProgressMs: 10_000, interruptedMs: 30_000, recoveryMs: 1_000 })
    expect(warnings).toEqual(['failover: recoveryMs of 5 ms is below the minimum; 1000 ms is used'])
    expect(normalise(KEY, plan, { timings: { interruptedMs: 7 } }).timings.interruptedMs).toBe(7)
  })

  it('uses the default for options that are undefined', () => {
    const options = {
      endpoints: { polling: undefined },
      limits: { maxBodyBytes: undefined },
    } as unknown as ConnectionOptions
    const plan = { ...presets.default(), failover: { recoveryMs: undefined } } as unknown
    const { endpoints, limits, timings } = normalise(KEY, plan as DataSystemConfig, options)
    expect(endpoints.polling).toBe('https://sdk.launchdarkly.com')
    expect(limits.maxBodyBytes).toBe(536_870_912)
    expect(timings.recoveryMs).toBe(300_000)
  })

  it('accepts sources of the application beside configurations', () => {
    const source = { name: 'mine', async *fetch() {}, async *sync() {} }
    const { dataSystem } = normalise(
      KEY,
      { initializers: [source], synchronizers: [source, { type: 'polling' }] },
      {},
    )
    expect(dataSystem.initializers[0]).toBe(source)
    expect(dataSystem.synchronizers).toEqual([source, { type: 'polling' }])
  })

  it('fills in the defaults', () => {
    const settings = normalise(KEY, presets.default(), { endpoints: { polling: 'http://localhost:8030' } })
    expect(settings.endpoints).toEqual({
      polling: 'http://localhost:8030',
      streaming: 'https://stream.launchdarkly.com',
    })
    expect(settings.limits).toEqual({ maxBodyBytes: 536_870_912, maxEventBytes: 268_435_456 })
    expect(settings.timings.recoveryMs).toBe(300_000)
  })

  it('sends the version of package.json', () => {
    const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
    expect(manifest).toMatchObject({ version: VERSION })
  })
})
