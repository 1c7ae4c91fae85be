import type { Timings } from '../datasystem/parts.ts'

/**
 * Time limits and intervals for tests in real time, from 5 ms to 10 s. Raise a limit that must not apply in a test.
 *
 * @example
 * ```ts
 * const timings = { ...SHORT_TIMINGS, interruptedMs: 20_000 }
 * ```
 */
export const SHORT_TIMINGS: Timings = {
  noProgressMs: 150,
  firstDataMs: 400,
  interruptedMs: 150,
  recoveryMs: 100,
  pollIntervalMs: 25,
  pollSilenceMs: 2_000,
  streamHeadersMs: 2_000,
  streamSilenceMs: 2_000,
  streamQuietMs: 1_000,
  eventMs: 10_000,
  storeIntervalMs: 50,
  initialReconnectDelayMs: 5,
}
