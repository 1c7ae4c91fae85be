import { expect, it } from 'vitest'
import { onWake, wakeableWaits } from '../../src/async/freeze-detection.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { SleepyClock } from '../support/sleepy-clock.ts'

function watched(random = () => 0) {
  const clock = new SleepyClock()
  const woke: number[] = []
  const undo = onWake({ clock, random }, () => woke.push(clock.now()))
  return { clock, woke, undo }
}

it('(S152.1) notices within a second that the process was frozen for 3 s', async () => {
  const { clock, woke, undo } = watched()
  await clock.advance(15_500)
  clock.lostMs = 3_000
  await clock.advance(1_000)
  expect(woke).toEqual([19_000])
  await clock.advance(60_000)
  expect(woke).toHaveLength(1)
  undo()
  expect(clock.armed).toBe(0)
})

it('(S152) notices that the machine slept, which only the wall clock shows', async () => {
  const { clock, woke, undo } = watched()
  clock.sleptMs = 3_600_000
  await clock.advance(1_000)
  expect(woke).toHaveLength(1)
  undo()
})

it('(S152) takes no timer that is a little late for a freeze, and no wall clock that was set back', async () => {
  const { clock, woke, undo } = watched()
  for (let tick = 0; tick < 10; tick++) {
    clock.lostMs += 1_500
    clock.sleptMs -= 60_000
    await clock.advance(1_000)
  }
  expect(woke).toEqual([])
  undo()
})

it('(S152) spreads the calls over 0.8 s at random', async () => {
  const { clock, woke, undo } = watched(() => 0.5)
  clock.lostMs = 5_000
  await clock.advance(1_399)
  expect(woke).toEqual([])
  await clock.advance(1)
  expect(woke).toEqual([6_400])
  undo()
  expect(clock.armed).toBe(0)
})

it('(S152.6) has one timer for all callers of a clock, and none without callers', () => {
  const clock = new VirtualClock()
  const undo = Array.from({ length: 100 }, () => onWake({ clock, random: () => 0 }, () => {}))
  expect(clock.armed).toBe(1)
  for (const each of undo) each()
  expect(clock.armed).toBe(0)
})

it('(S152) ends a wait early, the next one if nothing waits, and none after it was forgotten', async () => {
  const clock = new SleepyClock()
  const waits = wakeableWaits({ clock, random: () => 0 })
  const controller = new AbortController()
  const ended: number[] = []
  const wait = async (): Promise<void> => {
    await waits.wait(60_000, controller.signal)
    ended.push(clock.monotonic())
  }
  void wait()
  clock.lostMs += 5_000
  await clock.advance(1_000)
  expect(ended).toEqual([6_000])

  clock.lostMs += 5_000
  await clock.advance(1_000)
  void wait()
  await clock.advance(0)
  expect(ended).toEqual([6_000, 12_000])

  clock.lostMs += 5_000
  await clock.advance(1_000)
  waits.forget()
  void wait()
  await clock.advance(59_000)
  expect(ended).toHaveLength(2)
  controller.abort()
  waits.stop()
  expect(clock.armed).toBe(0)
})
