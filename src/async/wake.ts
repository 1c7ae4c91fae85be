import type { Clock, Undo } from './clock.ts'

/** How often to look at the clocks, and how late a look must be to mean that the process was not running. */
const TICK_MS = 10_000
const SLACK_MS = 5_000

/**
 * Calls `woke` when the process was frozen or the machine asleep: when the time between two looks, by either clock, is
 * much longer than was asked for. A wall clock that was set forward looks the same.
 */
export function onWake(clock: Clock, woke: () => void): Undo {
  let disarm: Undo
  const tick = (): void => {
    const monotonic = clock.monotonic()
    const now = clock.now()
    disarm = clock.after(TICK_MS, () => {
      const elapsedMs = Math.max(clock.monotonic() - monotonic, clock.now() - now)
      tick()
      if (elapsedMs > TICK_MS + SLACK_MS) woke()
    })
  }
  tick()
  return () => disarm()
}
