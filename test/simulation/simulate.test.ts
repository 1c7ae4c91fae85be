import { expect, it } from 'vitest'
import { simulate } from './simulate.ts'

it('returns the same trace for the same seed', async () => {
  const first = await simulate(7, { trace: 'kept' })
  const second = await simulate(7, { trace: 'kept' })
  expect(first.trace.length).toBeGreaterThan(10)
  expect(second).toEqual(first)
})

it('returns different traces for different seeds', async () => {
  const traces = new Set<string>()
  for (let seed = 1; seed <= 20; seed++)
    traces.add((await simulate(seed, { trace: 'kept' })).trace.join('\n'))
  expect(traces.size).toBe(20)
})
