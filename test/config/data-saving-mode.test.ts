import { describe, expect, it } from 'vitest'
import type { ConnectionOptions, DataSystemConfig } from '../../src/config/config.ts'
import { createDataSystem } from '../../src/config/create-data-system.ts'
import { dataSavingMode, type ModeInputs } from '../../src/config/data-saving-mode.ts'
import { type Environment, normalise, type Settings } from '../../src/config/normalise.ts'
import { presets } from '../../src/config/presets.ts'
import type { ConfigError } from '../../src/model/errors.ts'
import type { HttpRequest } from '../../src/transport/transport.ts'
import { VALID } from './cases.ts'

/** Returns the settings for arguments that need not have the right types, and the warnings. */
function settle(
  dataSystem: unknown,
  options: Readonly<Record<string, unknown>> = {},
  environment: Environment = {},
): { readonly settings: Settings; readonly warnings: readonly string[] } {
  const warnings: string[] = []
  const logger = { debug() {}, info() {}, warn: (message: string) => warnings.push(message), error() {} }
  const given = { logger, ...options } as ConnectionOptions
  const settings = normalise('sdk-key', dataSystem as DataSystemConfig, given, { environment })
  return { settings, warnings }
}

const isFile = (source: object): boolean => 'type' in source && source.type === 'file'

const FDV1_STREAM = { type: 'streaming', protocol: 'fdv1' }
const FILES = { type: 'file', paths: ['flags.json'] }
const FDV1_POLLS = { type: 'polling', protocol: 'fdv1' }
const PLAN = presets.default()

describe('the choice of the protocol', () => {
  it.each<
    [
      option: boolean | undefined,
      variable: string | undefined,
      dataSystem: DataSystemConfig | undefined,
      protocol: string,
      why: string,
    ]
  >([
    [undefined, undefined, undefined, 'fdv1', 'no dataSystem is configured'],
    [undefined, undefined, PLAN, 'fdv2', 'a dataSystem is configured'],
    [undefined, '', PLAN, 'fdv2', 'a dataSystem is configured'],
    [undefined, 'on', undefined, 'fdv2', 'HALYARD_DATA_SAVING_MODE is on'],
    [undefined, 'off', undefined, 'fdv1', 'HALYARD_DATA_SAVING_MODE is off'],
    [undefined, 'on', PLAN, 'fdv2', 'HALYARD_DATA_SAVING_MODE is on'],
    [undefined, 'off', PLAN, 'fdv1', 'HALYARD_DATA_SAVING_MODE is off'],
    [true, undefined, undefined, 'fdv2', 'dataSavingMode is true'],
    [true, 'off', undefined, 'fdv2', 'dataSavingMode is true'],
    [true, 'off', PLAN, 'fdv2', 'dataSavingMode is true'],
    [false, undefined, undefined, 'fdv1', 'dataSavingMode is false'],
    [false, 'on', undefined, 'fdv1', 'dataSavingMode is false'],
    [false, 'on', PLAN, 'fdv1', 'dataSavingMode is false'],
  ])(
    '(D1) option %s, variable %s, data system %o: %s, because %s',
    (option, variable, dataSystem, protocol, why) => {
      const { settings, warnings } = settle(
        dataSystem,
        { dataSavingMode: option },
        { HALYARD_DATA_SAVING_MODE: variable },
      )
      expect(settings.mode).toEqual({ protocol, why })
      expect(warnings).toEqual([])
    },
  )

  it.each([['yes'], ['ON'], ['true'], [' off']])(
    '(D1.3) ignores the variable %j with a warning',
    (variable) => {
      const { settings, warnings } = settle(PLAN, {}, { HALYARD_DATA_SAVING_MODE: variable })
      expect(settings.mode.protocol).toBe('fdv2')
      expect(warnings).toEqual(['HALYARD_DATA_SAVING_MODE is neither "on" nor "off"; ignored'])
    },
  )

  it('(D1) rejects an option that is not a boolean', () => {
    expect(() => settle(PLAN, { dataSavingMode: 'off' })).toThrow(
      'options.dataSavingMode: expected a boolean, received a string (value hidden)',
    )
  })

  it('(D1.9) logs the mode and the reason once', async () => {
    const lines: string[] = []
    const logger = { debug() {}, info: (line: string) => lines.push(line), warn() {}, error() {} }
    await createDataSystem('sdk-key', presets.offline(), { logger }).close()
    await createDataSystem('sdk-key', presets.offline(), { logger, dataSavingMode: false }).close()
    expect(lines.filter((line) => line.startsWith('data saving mode'))).toEqual([
      'data saving mode is on: a dataSystem is configured',
      'data saving mode is off: dataSavingMode is false',
    ])
  })
})

describe('the requests', () => {
  it.each([
    ['on', { dataSavingMode: true }, undefined, ['http://localhost:1/sdk/poll']],
    ['off', { dataSavingMode: false }, PLAN, ['http://localhost:2/all']],
    ['no data system', {}, undefined, ['http://localhost:2/all']],
    ['no data system and no stream', { stream: false }, undefined, ['http://localhost:1/sdk/latest-all']],
  ])('(D1) begin with %s', async (_, options, dataSystem, urls) => {
    const asked: string[] = []
    const transport = {
      request: ({ url }: HttpRequest) => {
        asked.push(url.split('?')[0] as string)
        return new Promise<never>(() => {})
      },
      close: () => Promise.resolve(),
    }
    const endpoints = { polling: 'http://localhost:1', streaming: 'http://localhost:2' }
    const system = createDataSystem('sdk-key', dataSystem, { transport, endpoints, ...options })
    await new Promise(setImmediate)
    await system.close()
    expect(asked).toEqual(urls)
  })
})

describe('on', () => {
  it('(D1.5) uses the default preset without a data system', () => {
    expect(settle(undefined, { dataSavingMode: true }).settings.dataSystem).toEqual(presets.default())
  })

  it('(D1) does not change a data system', () => {
    const plan = presets.custom({ initializers: [], synchronizers: [{ type: 'polling', protocol: 'fdv1' }] })
    expect(settle(plan, { dataSavingMode: true }).settings.dataSystem).toEqual(plan)
  })
})

describe('off', () => {
  it('(D1.6) converts the plan to FDv1: no polling initializer and no fallback, files and own sources stay', () => {
    const ready = { name: 'mine', async *fetch() {}, async *sync() {} }
    const { initializers, synchronizers, fdv1Fallback, failover } = settle(
      {
        initializers: [{ type: 'polling' }, FILES, ready],
        synchronizers: [
          FILES,
          { type: 'streaming', baseUri: 'http://localhost:1', initialReconnectDelayMs: 5 },
          ready,
          { type: 'polling', intervalMs: 45_000 },
        ],
        failover: { recoveryMs: 9_000 },
        fdv1Fallback: { intervalMs: 60_000 },
      },
      { dataSavingMode: false },
    ).settings.dataSystem
    expect(initializers).toEqual([FILES, ready])
    expect(initializers[1]).toBe(ready)
    expect(synchronizers).toEqual([
      FILES,
      { ...FDV1_STREAM, baseUri: 'http://localhost:1', initialReconnectDelayMs: 5 },
      ready,
      { ...FDV1_POLLS, intervalMs: 45_000 },
    ])
    expect(synchronizers[2]).toBe(ready)
    expect([fdv1Fallback, failover]).toEqual([null, { recoveryMs: 9_000 }])
  })

  it.each(VALID)('(D1.6) keeps no source of FDv2, but files: %s', (_, { plan }) => {
    const inputs: ModeInputs = {
      options: { dataSavingMode: false },
      variable: undefined,
      dataSystem: plan,
      storeChoice: { useLdd: false },
    }
    const off = dataSavingMode(inputs).plan
    expect(off.initializers).toEqual(plan.initializers.filter(isFile))
    expect(off.fdv1Fallback).toBeNull()
    expect(off.synchronizers).toEqual(
      plan.synchronizers.map((source) => (isFile(source) ? source : { ...source, protocol: 'fdv1' })),
    )
  })
})

describe('no data system', () => {
  it.each([
    [{}, [FDV1_STREAM, FDV1_POLLS]],
    [{ stream: true }, [FDV1_STREAM, FDV1_POLLS]],
    [{ stream: false, pollInterval: 60 }, [{ ...FDV1_POLLS, intervalMs: 60_000 }]],
    [
      { streamInitialReconnectDelay: 0.5, pollInterval: 45 },
      [
        { ...FDV1_STREAM, initialReconnectDelayMs: 500 },
        { ...FDV1_POLLS, intervalMs: 45_000 },
      ],
    ],
  ])('(D1.7) uses FDv1 with the legacy options %o', (options, synchronizers) => {
    const { settings, warnings } = settle(undefined, options)
    expect(settings.dataSystem).toEqual({ initializers: [], synchronizers, fdv1Fallback: null })
    expect(warnings).toEqual([])
  })

  it('(D2) raises legacy options to their minimums', () => {
    const { settings, warnings } = settle(undefined, { pollInterval: 1, streamInitialReconnectDelay: 0 })
    expect(settings.dataSystem.synchronizers).toEqual([
      { ...FDV1_STREAM, initialReconnectDelayMs: 1 },
      { ...FDV1_POLLS, intervalMs: 30_000 },
    ])
    expect(warnings).toEqual([
      'streaming: an initial reconnect delay of 0 ms is below the minimum; 1 ms is used',
      'polling: a poll interval of 1000 ms is below the minimum; 30000 ms is used',
    ])
  })

  it('(S12.4) rejects options that would change the source of data', () => {
    const options = { useLdd: 'yes', persistentStore: {}, updateProcessor() {}, stream: 'no' }
    try {
      settle(undefined, options)
      expect.unreachable()
    } catch (error) {
      expect((error as ConfigError).issues.map(({ path }) => path)).toEqual([
        'options.stream',
        'options.persistentStore',
        'options.useLdd',
        'options.updateProcessor',
      ])
    }
  })
})

describe('legacy options', () => {
  const LEGACY = {
    stream: false,
    streamInitialReconnectDelay: 5,
    pollInterval: 1,
    featureStore: { init() {} },
    useLdd: true,
    updateProcessor() {},
  }
  const PLACES = [
    ['stream', 'dataSystem.dataSource.dataSourceOptionsType'],
    ['streamInitialReconnectDelay', 'dataSystem.dataSource.streamInitialReconnectDelay'],
    ['pollInterval', 'dataSystem.dataSource.pollInterval'],
    ['featureStore', 'dataSystem.persistentStore'],
    ['useLdd', 'dataSystem.useLdd'],
    [
      'updateProcessor',
      'dataSystem: presets.custom, with a source of your own or TestData of halyard/testing',
    ],
  ]

  it('(S12.2) warns of each one beside a data system, with its replacement', () => {
    const { settings, warnings } = settle({ dataSource: { dataSourceOptionsType: 'standard' } }, LEGACY)
    expect(settings.dataSystem).toEqual(presets.default())
    expect(warnings).toEqual(
      PLACES.map(([name, place]) => `options.${name} is overridden by dataSystem; use ${place} instead`),
    )
  })

  it('(S12) does not warn of options that are null or undefined', () => {
    const options = { featureStore: null, persistentStore: null, useLdd: null, stream: undefined }
    expect(settle(PLAN, options).warnings).toEqual([])
  })

  it('(D1, S12) have no effect in data saving mode without a data system', () => {
    const { settings, warnings } = settle(undefined, { stream: false }, { HALYARD_DATA_SAVING_MODE: 'on' })
    expect(settings.dataSystem).toEqual(presets.default())
    expect(warnings).toEqual([
      'options.stream is overridden by data saving mode; use dataSystem.dataSource.dataSourceOptionsType instead',
    ])
  })

  it('(S12.5) uses the addresses in both modes, and prefers the current names', () => {
    const legacy = { baseUri: 'http://localhost:1', streamUri: 'http://localhost:2' }
    for (const dataSystem of [undefined, PLAN]) {
      const { settings, warnings } = settle(dataSystem, legacy)
      expect(settings.endpoints).toEqual({ polling: 'http://localhost:1', streaming: 'http://localhost:2' })
      expect(warnings).toEqual([])
    }
    const { settings, warnings } = settle(PLAN, { ...legacy, endpoints: { polling: 'http://localhost:3' } })
    expect(settings.endpoints).toEqual({ polling: 'http://localhost:3', streaming: 'http://localhost:2' })
    expect(warnings).toEqual(['options.baseUri is overridden by options.endpoints.polling'])
  })
})
