import type { Clock, Undo } from './clock.ts'

export interface Watchdog {
  /** Restarts the time-out. Reads the clock and sets no timer, so that it can be called for each chunk. */
  reset(): void
  stop(): void
}

/** Calls `onSilence` once when the watchdog has not been reset for `silenceMs` milliseconds, counted from now. */
export function startWatchdog(clock: Clock, silenceMs: number, onSilence: () => void): Watchdog {
  let resetAt = clock.monotonic()
  let disarm: Undo
  const watch = (ms: number): void => {
    disarm = clock.after(ms, () => {
      const leftMs = resetAt + silenceMs - clock.monotonic()
      // Timers have a resolution of 1 ms. A smaller remainder could be lost in floating-point addition and never end.
      if (leftMs < 1) onSilence()
      else watch(leftMs)
    })
  }
  watch(silenceMs)
  return {
    reset: () => {
      resetAt = clock.monotonic()
    },
    stop: () => disarm(),
  }
}
