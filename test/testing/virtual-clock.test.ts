import { expect, it } from 'vitest'
import { VirtualClock } from '../../src/testing/index.ts'

it('calls alarms in order of time, and lets promises settle in between', async () => {
  const clock = new VirtualClock(1_000)
  const seen: string[] = []
  clock.after(20, () => seen.push(`second at ${clock.now()}`))
  clock.after(10, () => {
    seen.push('first')
    void Promise.resolve().then(() => clock.after(5, () => seen.push('armed by the first')))
  })
  const undo = clock.after(12, () => seen.push('never'))
  undo()
  await clock.advance(100)
  expect(seen).toEqual(['first', 'armed by the first', 'second at 1020'])
  expect([clock.now(), clock.monotonic(), clock.armed]).toEqual([1_100, 100, 0])
})

it('counts pending alarms and holds', () => {
  const clock = new VirtualClock()
  clock.after(Infinity, () => {})
  const release = clock.hold()
  expect([clock.armed, clock.held]).toEqual([1, 1])
  release()
  release()
  expect(clock.held).toBe(0)
})
