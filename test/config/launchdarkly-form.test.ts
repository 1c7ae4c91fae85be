import { describe, expect, it } from 'vitest'
import type { ConnectionOptions, DataSystemConfig } from '../../src/config/config.ts'
import { createDataSystem } from '../../src/config/create-data-system.ts'
import type { DataSystemOptions } from '../../src/config/data-system-options.ts'
import { normalise } from '../../src/config/normalise.ts'
import { presets } from '../../src/config/presets.ts'
import { ConfigError, type ConfigIssue } from '../../src/model/errors.ts'
import { TestData } from '../../src/testing/test-data.ts'
import type { HttpRequest } from '../../src/transport/transport.ts'
import { INVALID, VALID } from './cases.ts'
import { readOfficial, readPlan } from './reading.ts'

function issuesOf(input: unknown): readonly ConfigIssue[] {
  const reading = readOfficial(input)
  return 'issues' in reading ? reading.issues : []
}

/** Returns the error message for arguments that need not have the right types. */
function refusal(dataSystem: unknown, options: unknown = {}): string {
  try {
    normalise('sdk-key', dataSystem as DataSystemConfig, options as ConnectionOptions)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  throw new Error('the options were accepted')
}

describe('the plain object', () => {
  it('has valid and invalid examples', () => {
    expect([VALID.length > 10, INVALID.length > 10]).toEqual([true, true])
  })

  it.each(VALID)('(D2, S11) is converted to a plan: %s', (_, { dataSystem, minPollMs, plan, warnings }) => {
    const reading = readOfficial(dataSystem, minPollMs)
    if ('issues' in reading) throw new ConfigError(reading.issues)
    expect(reading.config).toStrictEqual(plan)
    expect(reading.warnings.toSorted()).toEqual(warnings.toSorted())
  })

  it.each(VALID)('(S11) is converted to a plan that is valid as it is: %s', (_, { plan, minPollMs }) => {
    expect(readPlan(plan, minPollMs)).toEqual({
      config: plan,
      warnings: [],
    })
  })

  it.each(INVALID)('(D2, S11) is rejected: %s', (_, { dataSystem, issues }) => {
    expect(issuesOf(dataSystem)).toEqual(issues)
  })

  it.each<readonly [string, unknown]>([
    ['test data', new TestData()],
    ['a synchronizer', new TestData().synchronizer()],
    ['an initializer', new TestData().initializer()],
  ])('(S11.12) %s in the place of a plan is refused', (_, dataSystem) => {
    expect(issuesOf(dataSystem)).toContainEqual({
      path: 'dataSystem',
      expected:
        'a plan that lists sources, such as presets.custom({ initializers: [], synchronizers: [source] })',
      received: 'a source, or test data',
    })
  })

  it('(S11) the example of the documentation means the default preset', () => {
    const options = {
      dataSystem: {
        dataSource: {
          dataSourceOptionsType: 'standard',

          // if you use the stream, streamInitialReconnectDelay, or pollInterval options,
          // these options are now part of the dataSystem options,
          // and are set within the dataSource option
        },
        // if you use the persistentStore or useLDD option,
        // these options are now part of the dataSystem option
      },
    } as const
    expect(normalise('sdk-key-123abc', options.dataSystem, {}).dataSystem).toEqual(presets.default())
  })

  it('(S11) ignores members that are undefined', () => {
    const undefinedKeys = { dataSource: undefined, fdv1Fallback: undefined, persistentStore: undefined }
    expect(readOfficial(undefinedKeys)).toEqual({
      config: presets.default(),
      warnings: [],
    })
  })

  it.each([[Number.NaN], [Number.POSITIVE_INFINITY]])('(D2) rejects %s seconds', (pollInterval) => {
    expect(issuesOf({ dataSource: { dataSourceOptionsType: 'pollingOnly', pollInterval } })).toEqual([
      {
        path: 'dataSystem.dataSource.pollInterval',
        expected: 'a finite number',
        received: `number ${pollInterval}`,
      },
    ])
  })

  it('(D2.6) uses the minimum of injected timings', () => {
    const pollingOnly: DataSystemOptions = {
      dataSource: { dataSourceOptionsType: 'pollingOnly', pollInterval: 0.1 },
    }
    const settings = normalise('sdk-key', pollingOnly, { timings: { pollIntervalMs: 25 } })
    expect(settings.dataSystem.synchronizers).toEqual([{ type: 'polling', intervalMs: 100 }])
  })

  it('(S11) sends requests to the listed sources', async () => {
    const asked: string[] = []
    const transport = {
      request: ({ url }: HttpRequest) => {
        asked.push(url.split('?')[0] as string)
        return new Promise<never>(() => {})
      },
      close: () => Promise.resolve(),
    }
    const synchronizers = [{ type: 'streaming', baseUri: 'http://relay.example/' }] as const
    const dataSource = { dataSourceOptionsType: 'custom', initializers: [], synchronizers } as const
    const system = createDataSystem('sdk-key', { dataSource }, { transport })
    await new Promise((resolve) => setImmediate(resolve))
    await system.close()
    expect(asked).toEqual(['http://relay.example/sdk/stream'])
  })

  it('(S11.4) rejects a mixture of both forms', () => {
    expect(refusal({ ...presets.default(), dataSource: { dataSourceOptionsType: 'pollingOnly' } })).toContain(
      'dataSystem.dataSource: expected either dataSource or initializers and synchronizers, received both',
    )
  })
})

describe('a feature store of LaunchDarkly', () => {
  const store = { init() {}, get() {}, all() {}, upsert() {}, delete() {}, initialized() {}, close() {} }

  it.each([
    ['as an object in the plain object', { featureStore: store }, {}],
    ['as a function in the plain object', { persistentStore: () => store }, {}],
    ['beside the sources of a preset', { ...presets.default(), persistentStore: store }, {}],
    ['at the top, without a data system', undefined, { featureStore: store }],
  ])('(S11) is rejected with the store to use %s', (_, dataSystem, options) => {
    expect(refusal(dataSystem, options)).toContain(
      "a store of Halyard, such as redisStore() of halyard/redis (a featureStore of LaunchDarkly's SDKs is not supported)",
    )
  })
})
