import { describe, expect, it } from 'vitest'
import { sleep } from '../../src/async/sleep.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { abortListeners } from './abort-listeners.ts'

function asleep(ms: number, signal: AbortSignal) {
  const clock = new VirtualClock()
  let awake = false
  const done = sleep(clock, ms, signal).then(() => {
    awake = true
  })
  return { clock, done, awake: () => awake }
}

describe('sleep', () => {
  it('wakes after its time and not before', async () => {
    const { signal } = new AbortController()
    const { clock, awake } = asleep(1_000, signal)
    await clock.advance(999)
    expect(awake()).toBe(false)
    expect(abortListeners(signal)).toBe(1)
    await clock.advance(1)
    await clock.breathe()
    expect(awake()).toBe(true)
    expect(abortListeners(signal)).toBe(0)
    expect(clock.armed).toBe(0)
  })

  it('wakes at once when the signal aborts, and disarms its timer', async () => {
    const controller = new AbortController()
    const { clock, done } = asleep(1_000, controller.signal)
    await clock.advance(400)
    controller.abort()
    await done
    expect(clock.monotonic()).toBe(400)
    expect(clock.armed).toBe(0)
    expect(abortListeners(controller.signal)).toBe(0)
  })

  it('does not begin when the signal is aborted before', async () => {
    const signal = AbortSignal.abort()
    const { clock, done } = asleep(1_000, signal)
    expect(clock.armed).toBe(0)
    await done
    expect(abortListeners(signal)).toBe(0)
  })

  it('leaves nothing on a signal that outlives a thousand sleeps', async () => {
    const { signal } = new AbortController()
    const clock = new VirtualClock()
    const naps = Promise.all(Array.from({ length: 1_000 }, () => sleep(clock, 1, signal)))
    await clock.advance(1)
    await naps
    expect(abortListeners(signal)).toBe(0)
    expect(clock.armed).toBe(0)
  })
})
