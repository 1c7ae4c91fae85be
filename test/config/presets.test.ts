import { expect, it } from 'vitest'
import { normalise } from '../../src/config/normalise.ts'
import { presets } from '../../src/config/presets.ts'
import { MemoryDatabase } from '../../src/testing/memory-database.ts'

it('(D2) presets return plain data with all sources', () => {
  expect(
    JSON.parse(JSON.stringify(presets.default({ intervalMs: 60_000, initialReconnectDelayMs: 5 }))),
  ).toEqual({
    initializers: [{ type: 'polling' }],
    synchronizers: [
      { type: 'streaming', initialReconnectDelayMs: 5 },
      { type: 'polling', intervalMs: 60_000 },
    ],
    fdv1Fallback: {},
  })
  expect(presets.default()).toEqual({
    initializers: [{ type: 'polling' }],
    synchronizers: [{ type: 'streaming' }, { type: 'polling' }],
    fdv1Fallback: {},
  })
  expect(presets.streaming({ fdv1Fallback: { baseUri: 'http://localhost:1' } })).toEqual({
    initializers: [],
    synchronizers: [{ type: 'streaming' }],
    fdv1Fallback: { baseUri: 'http://localhost:1' },
  })
  expect(presets.pollingOnly({ intervalMs: 45_000 })).toEqual({
    initializers: [],
    synchronizers: [{ type: 'polling', intervalMs: 45_000 }],
    fdv1Fallback: {},
  })
  expect(presets.offline()).toEqual({ initializers: [], synchronizers: [], fdv1Fallback: null })
})

it('(S11.5) every preset has an FDv1 fallback unless it is null', () => {
  const plan = { initializers: [], synchronizers: [] }
  expect(presets.custom(plan)).toEqual({ ...plan, fdv1Fallback: {} })
  expect(presets.custom({ ...plan, fdv1Fallback: { intervalMs: 60_000 } }).fdv1Fallback).toEqual({
    intervalMs: 60_000,
  })
  expect(presets.custom({ ...plan, fdv1Fallback: null }).fdv1Fallback).toBeNull()
  expect(presets.default({ fdv1Fallback: null }).fdv1Fallback).toBeNull()
})

const store = new MemoryDatabase().description()

it.each(Object.keys(presets).filter((name) => name !== 'custom') as ('default' | 'streaming')[])(
  'what %s returns is accepted, and so is the same as a custom plan',
  (name) => {
    const takesStore = ['daemon', 'persistentStore'].includes(name)
    const config = presets[name]((takesStore ? store : undefined) as never)
    expect(normalise('key', config, {}).dataSystem).toEqual(config)
    expect(presets.custom(config)).toEqual(config)
  },
)
