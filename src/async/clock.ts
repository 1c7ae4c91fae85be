/** A function that undoes the call which returned it, for example cancels a timer. Safe to call twice. */
export type Undo = () => void

/** The source of time. Code that waits takes a clock as a parameter, so that tests can use virtual time. */
export interface Clock {
  /** Returns the time of day in milliseconds since the Unix epoch. Jumps if the machine's clock is set. */
  now(): number
  /** Returns milliseconds that never decrease, for durations and deadlines. */
  monotonic(): number
  /** Calls `wake` once after `ms` milliseconds unless undone. Does not keep the process alive. */
  after(ms: number, wake: () => void): Undo
  /** Keeps the process alive until undone, for example while `waitForInitialization` is pending. */
  hold(): Undo
  /** Resolves in a later turn of the event loop, after pending I/O. */
  breathe(): Promise<void>
}

/** The longest delay of a platform timer, in milliseconds. A timer with a longer delay would fire at once. */
export const MAX_DELAY_MS: number = 2 ** 31 - 1

/** Returns the delay within the range of platform timers: `Infinity` becomes the longest delay, `NaN` becomes 0. */
export function clampDelay(ms: number): number {
  return ms > 0 ? Math.min(ms, MAX_DELAY_MS) : 0
}

/** The platform's clock. It looks the globals up at each call, so that fake timers take effect. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, wake) {
    const timer = setTimeout(wake, clampDelay(ms))
    timer.unref?.()
    return () => clearTimeout(timer)
  },
  hold() {
    const timer = setInterval(() => {}, MAX_DELAY_MS)
    return () => clearInterval(timer)
  },
  breathe: () => new Promise((resolve) => setImmediate(resolve)),
}
