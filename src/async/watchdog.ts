import type { Clock, Undo } from './clock.ts'

/** Notices silence. */
export interface Watchdog {
  /** Something was heard. Cheap: costs a look at the clock, not a timer. */
  feed(): void
  stop(): void
}

/** Calls `bark` once when it has not been fed for `silenceMs`, counted from now. */
export function startWatchdog(clock: Clock, silenceMs: number, bark: () => void): Watchdog {
  let fedAt = clock.monotonic()
  let disarm: Undo
  const watch = (ms: number): void => {
    disarm = clock.after(ms, () => {
      const leftMs = fedAt + silenceMs - clock.monotonic()
      // Less than a timer can tell apart is over: a remainder too small to add to the time would be waited for forever.
      if (leftMs < 1) bark()
      else watch(leftMs)
    })
  }
  watch(silenceMs)
  return {
    feed: () => {
      fedAt = clock.monotonic()
    },
    stop: () => disarm(),
  }
}
