import type { Timings } from '../datasystem/parts.ts'

/**
 * Every duration of a data system in the fraction of a second a test on real time can wait. What must not be the rule
 * that acts, make long: `{ ...SHORT_TIMINGS, interruptedMs: 20_000 }`.
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
