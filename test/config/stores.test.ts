import { expect, it } from 'vitest'
import type { ConnectionOptions, DataSystemConfig } from '../../src/config/config.ts'
import type { DataSystemOptions } from '../../src/config/data-system-options.ts'
import { normalise } from '../../src/config/normalise.ts'
import { presets } from '../../src/config/presets.ts'
import { ConfigError } from '../../src/model/errors.ts'
import { MemoryDatabase } from '../../src/testing/memory-database.ts'

const store = new MemoryDatabase().description()
const other = new MemoryDatabase().description()
const silent = { debug() {}, info() {}, warn() {}, error() {} }

function planOf(
  dataSystem: DataSystemConfig | DataSystemOptions | undefined,
  options: ConnectionOptions = {},
) {
  return normalise('sdk-key', dataSystem, { logger: silent, ...options }).dataSystem
}

const sources = ({ initializers, synchronizers }: DataSystemConfig): number =>
  initializers.length + synchronizers.length

it.each([
  ['presets.daemon', presets.daemon(store), {}],
  ['a plan without sources', presets.custom({ initializers: [], synchronizers: [], store }), {}],
  ['useLdd in the plain object', { persistentStore: store, useLdd: true }, {}],
  ['by the other names', { featureStore: store, useLDD: true }, {}],
  [
    'useLdd beside a data source',
    { dataSource: { dataSourceOptionsType: 'standard' }, featureStore: store, useLdd: true },
    {},
  ],
  ['the top level, without a data system', undefined, { featureStore: store, useLdd: true }],
] as const)('(D2, D18) daemon mode: %s', (_, dataSystem, options) => {
  const plan = planOf(dataSystem, options)
  expect(plan.store).toBe(store)
  expect(sources(plan)).toBe(0)
})

it.each([
  ['presets.persistentStore', presets.persistentStore(store), {}],
  ['a preset and its store', { ...presets.streaming(), store }, {}],
  [
    'a preset and its store, by a name of the plain object',
    { ...presets.streaming(), persistentStore: store },
    {},
  ],
  ['the plain object', { persistentStore: store }, {}],
  ['its other name, and no daemon mode', { featureStore: store, useLdd: false }, {}],
  ['the top level, without a data system', undefined, { featureStore: store }],
] as const)('(D2, D15) a store beside sources: %s', (_, dataSystem, options) => {
  const plan = planOf(dataSystem, options)
  expect(plan.store).toBe(store)
  expect(sources(plan)).toBeGreaterThan(0)
})

it.each([
  ['two stores', { persistentStore: store, featureStore: other }, 'dataSystem.persistentStore'],
  [
    'two stores of a plan',
    { ...presets.default(), store, featureStore: other },
    'dataSystem.persistentStore',
  ],
  ['something else', { ...presets.default(), store: { type: 'redis' } }, 'dataSystem.store'],
  ['daemon mode without a store', { useLdd: true }, 'dataSystem.persistentStore'],
  ['a mode nobody knows', { ...presets.default(), store, storeMode: 'write' }, 'dataSystem.storeMode'],
])('(D2) rejects %s', (_, dataSystem, path) => {
  try {
    planOf(dataSystem)
    expect.unreachable()
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    expect((error as ConfigError).issues.map((issue) => issue.path)).toEqual([path])
  }
})

it('(D2) accepts the same store under two names', () => {
  expect(planOf({ persistentStore: store, featureStore: store }).store).toBe(store)
})
