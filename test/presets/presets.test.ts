import { expect, it } from 'vitest'
import { normalise } from '../../src/config/normalise.ts'
import { presets } from '../../src/presets/presets.ts'

it('presets are plain data, and say what they will do', () => {
  expect(
    JSON.parse(JSON.stringify(presets.default({ intervalMs: 60_000, initialReconnectDelayMs: 5 }))),
  ).toEqual({
    initializers: [{ type: 'polling' }],
    synchronizers: [
      { type: 'streaming', initialReconnectDelayMs: 5 },
      { type: 'polling', intervalMs: 60_000 },
    ],
  })
  expect(presets.default()).toEqual({
    initializers: [{ type: 'polling' }],
    synchronizers: [{ type: 'streaming' }, { type: 'polling' }],
  })
  expect(presets.streaming()).toEqual({ initializers: [], synchronizers: [{ type: 'streaming' }] })
  expect(presets.pollingOnly({ intervalMs: 45_000 })).toEqual({
    initializers: [],
    synchronizers: [{ type: 'polling', intervalMs: 45_000 }],
  })
  expect(presets.offline()).toEqual({ initializers: [], synchronizers: [] })
})

it.each(Object.keys(presets).filter((name) => name !== 'custom') as ('default' | 'streaming')[])(
  'what %s returns is accepted, and so is the same as a custom plan',
  (name) => {
    const config = presets[name]()
    expect(normalise('key', config, {}).dataSystem).toEqual(config)
    expect(presets.custom(config)).toEqual(config)
  },
)
