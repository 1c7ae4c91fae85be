import { expect, it } from 'vitest'
import { onWake } from '../../src/async/wake.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'

/** A clock that can lose time: by both clocks when a process is frozen, by the wall's alone when a machine sleeps. */
class SleepyClock extends VirtualClock {
  lostMs = 0
  sleptMs = 0

  override now(): number {
    return super.now() + this.lostMs + this.sleptMs
  }

  override monotonic(): number {
    return super.monotonic() + this.lostMs
  }
}

function watched() {
  const clock = new SleepyClock()
  const woke: number[] = []
  const undo = onWake(clock, () => woke.push(clock.now()))
  return { clock, woke, undo }
}

it('(D23) notices that the process was frozen', async () => {
  const { clock, woke, undo } = watched()
  await clock.advance(15_000)
  clock.lostMs = 30_000
  await clock.advance(5_000)
  expect(woke).toEqual([50_000])
  await clock.advance(60_000)
  expect(woke).toHaveLength(1)
  undo()
  expect(clock.armed).toBe(0)
})

it('(D23) notices that the machine slept, which only the wall clock shows', async () => {
  const { clock, woke, undo } = watched()
  clock.sleptMs = 3_600_000
  await clock.advance(10_000)
  expect(woke).toHaveLength(1)
  undo()
})

it('is not troubled by a timer that is a little late', async () => {
  const { clock, woke, undo } = watched()
  for (let tick = 0; tick < 10; tick++) {
    clock.lostMs += 4_000
    await clock.advance(10_000)
  }
  expect(woke).toEqual([])
  undo()
})
