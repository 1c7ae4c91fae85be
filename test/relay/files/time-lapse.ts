import type { Clock } from '../../../src/async/clock.ts'

/** Returns a clock on which time passes faster, so that time-outs of many seconds end soon with real sockets. */
export function timeLapse(clock: Clock, factor: number): Clock {
  return {
    now: () => clock.now() * factor,
    monotonic: () => clock.monotonic() * factor,
    after: (ms, wake) => clock.after(ms / factor, wake),
    hold: () => clock.hold(),
    breathe: () => clock.breathe(),
  }
}
