import { describe, expect, it } from 'vitest'
import { startWatchdog } from '../../src/async/watchdog.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'

function watched(silenceMs: number) {
  const clock = new VirtualClock()
  const barks: number[] = []
  const watchdog = startWatchdog(clock, silenceMs, () => barks.push(clock.monotonic()))
  return { clock, watchdog, barks }
}

describe('startWatchdog (D23)', () => {
  it('barks once when nothing was ever heard', async () => {
    const { clock, barks } = watched(300_000)
    await clock.advance(299_999)
    expect(barks).toEqual([])
    await clock.advance(1_000_000)
    expect(barks).toEqual([300_000])
    expect(clock.armed).toBe(0)
  })

  it('barks when it was silent for that long since the last feed, to the millisecond', async () => {
    const { clock, watchdog, barks } = watched(1_000)
    for (const ms of [400, 500, 999]) {
      await clock.advance(ms)
      watchdog.reset()
    }
    await clock.advance(5_000)
    expect(barks).toEqual([400 + 500 + 999 + 1_000])
  })

  it('arms one timer however often it is fed', async () => {
    const { clock, watchdog } = watched(1_000)
    for (let i = 0; i < 1_000; i++) watchdog.reset()
    expect(clock.armed).toBe(1)
    await clock.advance(1_500)
    expect(clock.armed).toBe(0)
  })

  it('never barks after it was stopped, before or after its timer was set anew', async () => {
    const { clock, watchdog, barks } = watched(1_000)
    await clock.advance(500)
    watchdog.reset()
    await clock.advance(700)
    watchdog.stop()
    watchdog.stop()
    watchdog.reset()
    expect(clock.armed).toBe(0)
    await clock.advance(10_000)
    expect(barks).toEqual([])
  })
})

it('(D23) barks when what is left is too little to wait for', async () => {
  const clock = new VirtualClock()
  let barks = 0
  const watchdog = startWatchdog(clock, 1_000.1, () => barks++)
  await clock.advance(333.3)
  watchdog.reset()
  await clock.advance(5_000)
  expect(barks).toBe(1)
  watchdog.stop()
  expect(clock.armed).toBe(0)
})
