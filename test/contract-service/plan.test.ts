import { expect, test } from 'vitest'
import { presets } from '../../src/index.ts'
import { createRequest } from './create-request.ts'
import { planOf } from './plan.ts'

function planFrom(dataSystem: object | null): unknown {
  const { configuration } = createRequest.parse({ configuration: { credential: 'k', dataSystem } })
  return planOf(configuration.dataSystem)
}

test('sources keep their order, their addresses and their durations', () => {
  const plan = planFrom({
    initializers: [
      { polling: { baseUri: 'http://first', pollIntervalMs: null } },
      { polling: { baseUri: 'http://second', pollIntervalMs: 9 } },
    ],
    synchronizers: [
      { streaming: { baseUri: 'http://third', initialRetryDelayMs: 50 }, polling: null },
      { streaming: null, polling: { baseUri: 'http://fourth', pollIntervalMs: 60_000 } },
    ],
    fdv1Fallback: { baseUri: 'http://fifth', pollIntervalMs: 70_000 },
  })
  expect(plan).toEqual({
    initializers: [
      { type: 'polling', baseUri: 'http://first' },
      { type: 'polling', baseUri: 'http://second' },
    ],
    synchronizers: [
      { type: 'streaming', baseUri: 'http://third', initialReconnectDelayMs: 50 },
      { type: 'polling', baseUri: 'http://fourth', intervalMs: 60_000 },
    ],
    fdv1Fallback: { baseUri: 'http://fifth', intervalMs: 70_000 },
  })
})

test('what is not configured is not there, a reserve included', () => {
  const nothing = { initializers: [], synchronizers: [], fdv1Fallback: null }
  expect(planFrom({ initializers: null, synchronizers: null, fdv1Fallback: null })).toEqual(nothing)
  expect(planFrom({})).toEqual(nothing)
})

test('no data system at all is the usual plan', () => {
  expect(planFrom(null)).toEqual(presets.default())
})
