import { describe, expect, it, onTestFinished } from 'vitest'
import { createClient } from '../../src/client/create-client.ts'
import { createDataSystem } from '../../src/config/create-data-system.ts'
import type { DataSystemOptions } from '../../src/config/data-system-options.ts'
import { normalise } from '../../src/config/normalise.ts'
import { presets } from '../../src/config/presets.ts'
import { ConfigError, type ConfigIssue } from '../../src/model/errors.ts'

const KEY = 'sdk-secret-123'

/** Returns "path: expected" of each issue of the options of a client. */
function refused(options: object): readonly string[] {
  return issuesOf(() => createClient(KEY, options))
}

function issuesOf(act: () => unknown): readonly string[] {
  try {
    act()
  } catch (error) {
    if (error instanceof ConfigError) return error.issues.map(({ path, expected }) => `${path}: ${expected}`)
    throw error
  }
  throw new Error('the options were accepted')
}

function recorder(): { readonly warnings: string[]; readonly logger: object } {
  const warnings: string[] = []
  const logger = { debug() {}, info() {}, warn: (message: string) => warnings.push(message), error() {} }
  return { warnings, logger }
}

describe('a name that resembles a known one (S160.1)', () => {
  it.each<[options: object, issue: string]>([
    [
      { endpoints: { poling: 'http://my-relay' } },
      'options.endpoints.poling: a known option (did you mean polling?)',
    ],
    [
      { endpoint: { polling: 'http://my-relay' } },
      'options.endpoint: a known option (did you mean endpoints?)',
    ],
    [{ tls: { caa: '' } }, 'options.tls.caa: a known option (did you mean ca?)'],
    [{ hook: [] }, 'options.hook: a known option (did you mean hooks?)'],
    [{ dataSystems: {} }, 'options.dataSystems: a known option (did you mean dataSystem?)'],
    [{ ofline: true }, 'options.ofline: a known option (did you mean offline?)'],
    [{ baseUrl: 'http://my-relay' }, 'options.baseUrl: a known option (did you mean baseUri?)'],
    [{ loger: {} }, 'options.loger: a known option (did you mean logger?)'],
    [
      { application: { verison: '1' } },
      'options.application.verison: a known option (did you mean version?)',
    ],
    [{ wrapper: { name: 'w', vers: '1' } }, 'options.wrapper.vers: a known option (known are name, version)'],
    [
      { timings: { polIntervalMs: 5 } },
      'options.timings.polIntervalMs: a known option (did you mean pollIntervalMs?)',
    ],
    [
      { limits: { maxBodyByte: 5 } },
      'options.limits.maxBodyByte: a known option (did you mean maxBodyBytes?)',
    ],
    [
      { dataSystem: { ...presets.default(), failover: { recoveryMS: 5_000 } } },
      'dataSystem.failover.recoveryMS: a known option (did you mean recoveryMs?)',
    ],
    [
      { dataSystem: { ...presets.default(), storemode: 'read' } },
      'dataSystem.storemode: a known option (did you mean storeMode?)',
    ],
  ])('is an error: %j', (options, issue) => {
    expect(refused(options)).toEqual([issue])
  })

  it('is listed together with all other errors', () => {
    expect(refused({ endpoints: { poling: 'x', streaming: 5 }, stream: 'yes', hook: [] })).toEqual([
      'options.stream: a boolean',
      'options.endpoints.streaming: a string',
      'options.endpoints.poling: a known option (did you mean polling?)',
      'options.hook: a known option (did you mean hooks?)',
    ])
  })
})

describe('an unknown name that resembles no other (S160.3)', () => {
  it.each<[options: object, path: string]>([
    [{ endpoints: { metrics: 'http://my-relay' } }, 'options.endpoints.metrics'],
    [{ tls: { ecdhCurve: 'x' } }, 'options.tls.ecdhCurve'],
    [{ pollingUrl: 'http://my-relay' }, 'options.pollingUrl'],
    [{ relayEndpoint: 'http://my-relay' }, 'options.relayEndpoint'],
    [{ dataSystem: { ...presets.default(), region: 'eu' } }, 'dataSystem.region'],
    [
      {
        dataSystem: presets.custom({
          initializers: [],
          synchronizers: [{ type: 'polling', every: 5 }],
        } as never),
      },
      'dataSystem.synchronizers[0].every',
    ],
  ])(
    'is an error in an object that only Halyard has, or if it looks like an address: %j',
    (options, path) => {
      expect(refused(options).map((issue) => issue.split(':')[0])).toEqual([path])
    },
  )

  it('is a warning elsewhere, because the official type may grow', () => {
    const { warnings, logger } = recorder()
    const dataSystem = { dataSource: { dataSourceOptionsType: 'standard', shiny: 1 }, brandNew: 2 }
    normalise(
      KEY,
      dataSystem as DataSystemOptions,
      { logger, application: { team: 'x' }, future: 1 } as object,
    )
    expect(warnings).toEqual([
      'dataSystem.dataSource.shiny is not an option; ignored',
      'dataSystem.brandNew is not an option; ignored',
      'options.application.team is not an option; ignored',
      'options.future is not an option; ignored',
    ])
  })

  it('is a warning for options of the official SDK, except for addresses', () => {
    const { warnings, logger } = recorder()
    const names = { unknown: 'warn' } as const
    const dataSystem = { dataSource: { dataSourceOptionsType: 'standard', polInterval: 5 } }
    normalise(KEY, dataSystem as DataSystemOptions, { logger, hook: [], tls: { caa: 1 } } as object, {
      names,
    })
    expect(warnings).toEqual([
      'dataSystem.dataSource.polInterval is not an option; ignored',
      'options.tls.caa is not an option; ignored',
      'options.hook is not an option; ignored',
    ])
    const endpoints = { poling: 'http://my-relay' }
    expect(() => normalise(KEY, undefined, { endpoints } as object, { names })).toThrow(ConfigError)
    expect(() => normalise(KEY, undefined, { endpoint: {} } as object, { names })).toThrow(ConfigError)
  })
})

describe('arguments of presets (S160)', () => {
  it.each<[what: string, make: () => unknown, issue: string]>([
    [
      'pollingOnly',
      () => presets.pollingOnly({ interval: 5 } as object),
      'presets.pollingOnly.interval: a known option (did you mean intervalMs?)',
    ],
    [
      'default',
      () => presets.default({ failOver: {} } as object),
      'presets.default.failOver: a known option (did you mean failover?)',
    ],
    [
      'streaming',
      () => presets.streaming({ intervalMs: 5 } as object),
      'presets.streaming.intervalMs: a known option (known are initialReconnectDelayMs, fdv1Fallback)',
    ],
    ['null', () => presets.default(null as never), 'presets.default: an object'],
    ['custom', () => presets.custom({} as never), 'presets.custom: initializers and synchronizers'],
    [
      'daemon',
      () => presets.daemon(undefined as never),
      'presets.daemon: a store, such as redisStore() of halyard/redis',
    ],
  ])('%s', (_, make, issue) => {
    expect(issuesOf(make)).toEqual([issue])
  })
})

describe('options of waits (S160)', () => {
  it('are an error if they resemble a known name, otherwise a warning', async () => {
    const { warnings, logger } = recorder()
    const client = createClient('', { offline: true, logger } as object)
    onTestFinished(() => client.close())
    await expect(client.waitForInitialization({ timeoutMS: 1 } as object)).rejects.toThrow(
      'waitForInitialization.timeoutMS: expected a known option (did you mean timeoutMs?), received an unknown name',
    )
    await client.waitForInitialization({ shiny: 1 } as object)
    expect(warnings).toEqual(['waitForInitialization.shiny is not an option; ignored'])
  })

  it('of a data system are always an error', async () => {
    const dataSystem = createDataSystem(KEY, presets.offline())
    onTestFinished(() => dataSystem.close())
    await expect(dataSystem.waitForInitialization({ timeout: 1 } as object)).rejects.toThrow(ConfigError)
    await expect(dataSystem.status.waitFor('valid', { timeoutMS: 1 } as object)).rejects.toThrow(ConfigError)
  })
})

describe('an invalid SDK key (S161)', () => {
  const CAUSE = '(is the environment variable set that it comes from?)'
  it.each<[value: unknown, received: string]>([
    [undefined, `undefined ${CAUSE}`],
    [null, `null ${CAUSE}`],
    ['', `an empty string ${CAUSE}`],
    ['undefined', `the string "undefined" ${CAUSE}`],
    [' \t', `a string of white space only ${CAUSE}`],
    [
      'sdk-1\n',
      'a string that begins or ends with white space or a line break (trim it; files often end with a line break)',
    ],
    ['sdk\n1', 'a string with white space or control characters in it'],
    ['sdk\u00001', 'a string with white space or control characters in it'],
    ['sdk-schlüssel', 'a string with characters outside of ASCII (was it copied from a formatted document?)'],
    [42, 'a value of type number'],
    [['sdk'], 'a value of type array'],
  ])('is rejected with the usual cause: %j', (value, received) => {
    const issue: ConfigIssue = { path: 'sdkKey', expected: 'an SDK key', received }
    expect(() => createClient(value as string)).toThrow(new ConfigError([issue]))
    expect(() => createDataSystem(value as string)).toThrow(new ConfigError([issue]))
  })

  it('is accepted by an offline client', async () => {
    await createClient(undefined as unknown as string, { offline: true }).close()
  })
})
