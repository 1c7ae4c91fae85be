/** Undoes what it was returned by. Safe to call twice. */
export type Undo = () => void

/** The only source of time. Everything that waits takes one, so tests can own it. */
export interface Clock {
  /** Milliseconds since the Unix epoch, for people to read. Jumps when the machine's clock is set. */
  now(): number
  /** Milliseconds that only grow; for measuring and for deadlines. */
  monotonic(): number
  /** Calls `wake` once after `ms` unless undone. Never keeps the process alive. */
  after(ms: number, wake: () => void): Undo
  /** Keeps the process alive until undone: for the few waits a caller is entitled to see the end of. */
  hold(): Undo
  /** Resolves in a later turn of the event loop, so that I/O and other work get their share. */
  breathe(): Promise<void>
}

/** The longest delay a timer of the platform takes; beyond it a timer would fire at once. */
export const MAX_DELAY_MS: number = 2 ** 31 - 1

/** Brings a duration into what a timer can take: `Infinity` waits as long as possible, NaN not at all. */
export function clampDelay(ms: number): number {
  return ms > 0 ? Math.min(ms, MAX_DELAY_MS) : 0
}

/** The platform's time. Globals are looked up at each call, so faked timers are honoured. */
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
