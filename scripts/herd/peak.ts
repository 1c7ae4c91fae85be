import { fairShare } from './scenario.ts'
import type { Herd } from './simulate.ts'

/** One period of one second, with its requests and its fair share. */
export interface Peak {
  /** Start of the second, in milliseconds since the fault. */
  readonly ageMs: number
  /** Number of requests in it. */
  readonly attempts: number
  /** Number of requests if they were spread evenly. */
  readonly fair: number
  readonly ratio: number
}

export interface Peaks {
  /** The second with the most requests. */
  readonly highest: Peak
  /** The second with the highest ratio to its fair share. */
  readonly worst: Peak
}

const NOTHING: Peak = { ageMs: 0, attempts: 0, fair: 0, ratio: 0 }

const SECOND = (): number => 1_000

/**
 * Examines every second that begins with a request. `spanMs` returns a longer period for a window of the fair share, because with
 * few clients the counts of single seconds vary too much.
 */
export function peaksOf(
  { scenario, clients, attempts }: Herd,
  spanMs: (windowMs: number) => number = SECOND,
): Peaks {
  let highest = NOTHING
  let worst = NOTHING
  let end = 0
  for (const [start, ageMs] of attempts.entries()) {
    const span = spanMs(scenario.windowMs(ageMs))
    while (end < attempts.length && (attempts[end] as number) < ageMs + span) end++
    const perSecond = ((end - start) * 1_000) / span
    const fair = fairShare(scenario, clients, ageMs)
    const peak = { ageMs, attempts: perSecond, fair, ratio: perSecond / fair }
    if (peak.attempts > highest.attempts) highest = peak
    if (peak.ratio > worst.ratio) worst = peak
  }
  return { highest, worst }
}
