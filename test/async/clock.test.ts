import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { clampDelay, MAX_DELAY_MS, systemClock } from '../../src/async/clock.ts'

const run = promisify(execFile)
const clockModule = JSON.stringify(new URL('../../src/async/clock.ts', import.meta.url).href)

/** Runs a script in a process and returns its output. */
async function printedBy(script: string): Promise<string> {
  const source = `import { systemClock } from ${clockModule}\n${script}`
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', source], {
    timeout: 60_000,
  })
  return stdout
}

afterEach(() => {
  vi.useRealTimers()
})

describe('clampDelay (D14)', () => {
  it.each([
    [0, 0],
    [-1, 0],
    [Number.NEGATIVE_INFINITY, 0],
    [Number.NaN, 0],
    [0.5, 0.5],
    [30_000, 30_000],
    [2 ** 31 - 1, MAX_DELAY_MS],
    [2 ** 31, MAX_DELAY_MS],
    [Number.POSITIVE_INFINITY, MAX_DELAY_MS],
  ])('brings %d ms to %d', (ms, clamped) => {
    expect(clampDelay(ms)).toBe(clamped)
  })
})

describe('systemClock', () => {
  it('wakes once, after its time', () => {
    vi.useFakeTimers()
    const wake = vi.fn()
    systemClock.after(1_000, wake)
    vi.advanceTimersByTime(999)
    expect(wake).not.toHaveBeenCalled()
    vi.advanceTimersByTime(10_000)
    expect(wake).toHaveBeenCalledOnce()
  })

  it('does not wake when undone, twice if you like', () => {
    vi.useFakeTimers()
    const wake = vi.fn()
    const undo = systemClock.after(1_000, wake)
    undo()
    undo()
    vi.advanceTimersByTime(10_000)
    expect(wake).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each([2 ** 31, 2 ** 40, Number.POSITIVE_INFINITY])('takes %d ms for long, not for now (D14)', (ms) => {
    vi.useFakeTimers()
    const wake = vi.fn()
    systemClock.after(ms, wake)
    vi.advanceTimersByTime(MAX_DELAY_MS - 1)
    expect(wake).not.toHaveBeenCalled()
  })

  it('has a monotonic time that the wall clock does not touch', () => {
    const before = systemClock.monotonic()
    vi.useFakeTimers({ toFake: ['Date'], now: 0 })
    expect(systemClock.now()).toBe(0)
    expect(systemClock.monotonic()).toBeGreaterThanOrEqual(before)
  })

  it('lets I/O and timers have their turn while it breathes, which promises alone do not', async () => {
    const order: string[] = []
    setImmediate(() => order.push('other work'))
    await Promise.resolve()
    order.push('microtask')
    await systemClock.breathe()
    order.push('after breathing')
    expect(order).toEqual(['microtask', 'other work', 'after breathing'])
  })
})

describe('a process (D20)', () => {
  it('is not kept alive by a timer', async () => {
    const printed = await printedBy("systemClock.after(5_000, () => console.log('woke'))")
    expect(printed).toBe('')
  })

  it('is kept alive while held, and ends when it is let go', async () => {
    const printed = await printedBy(`
      const release = systemClock.hold()
      systemClock.after(20, () => {
        console.log('woke')
        release()
        release()
        systemClock.after(5_000, () => console.log('woke again'))
      })`)
    expect(printed).toBe('woke\n')
  })
})
