import { fairShare } from './scenario.ts'
import type { Herd } from './simulate.ts'

/** The busiest second of a kind. */
export interface Peak {
  /** Where the second begins, milliseconds since the fault. */
  readonly ageMs: number
  /** Requests within it. */
  readonly attempts: number
  /** Requests a perfect herd would make in it. */
  readonly fair: number
  readonly ratio: number
}

export interface Peaks {
  /** The second with the most requests. */
  readonly highest: Peak
  /** The second that is worst against its fair share. */
  readonly worst: Peak
}

const NOTHING: Peak = { ageMs: 0, attempts: 0, fair: 0, ratio: 0 }

const SECOND = (): number => 1_000

/**
 * Looks at every second that begins with a request, not only at the whole ones. `spanMs` says over how long to
 * count instead where the fair share has such a window: small herds are too grainy for single seconds.
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
