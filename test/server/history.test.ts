import { expect, test } from 'vitest'
import { History, type HistoryLimits, type Step } from '../../src/server/history.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'

const step = (serial: number, key = 'a', at = 0): Step => ({
  from: `s${serial}`,
  to: `s${serial + 1}`,
  at,
  touches: [{ kind: 'flag', key, version: serial }],
})

function after(limits: HistoryLimits, ...steps: readonly Step[]): readonly string[] {
  const history = new History(new VirtualClock(), limits)
  for (const each of steps) history.push(each)
  return history.steps.map(({ from }) => from)
}

test('(S8.4) drops the oldest steps if there are too many', () => {
  expect(after({ maxSteps: 2 }, step(1), step(2), step(3))).toEqual(['s2', 's3'])
})

test('(S8.4) drops the oldest steps if they need too much memory', () => {
  const key = 'x'.repeat(1_000)
  expect(after({ maxBytes: 2_500 }, step(1, key), step(2, key), step(3, key))).toEqual(['s2', 's3'])
})

test('(S8) keeps neither a step that exceeds the memory limit nor the steps before it', () => {
  expect(after({ maxBytes: 500 }, step(1), step(2, 'x'.repeat(1_000)))).toEqual([])
})

test('(S8.4) drops a step that is too old, even without later steps', async () => {
  const clock = new VirtualClock()
  const history = new History(clock, { maxAgeMs: 1_000 })
  history.push(step(1))
  await clock.advance(600)
  history.push(step(2, 'a', clock.now()))
  expect(history.steps).toHaveLength(2)
  await clock.advance(600)
  expect(history.steps.map(({ from }) => from)).toEqual(['s2'])
})

test('keeps working after it is full', () => {
  const steps = Array.from({ length: 5_000 }, (_, serial) => step(serial))
  expect(after({ maxSteps: 3 }, ...steps)).toEqual(['s4997', 's4998', 's4999'])
})
