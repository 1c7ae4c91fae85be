import type { Clock } from './clock.ts'

export interface BackoffOptions {
  readonly clock: Clock
  readonly random: () => number
  /** First delay, in milliseconds. Doubles with each failure. */
  readonly baseMs: number
  /** Longest delay before jitter, in milliseconds. Default 30,000. */
  readonly maxMs?: number
  /** Time without a failure after a success that resets the count, in milliseconds. Default 60,000. */
  readonly resetAfterMs?: number
}

/** Longest `Retry-After` that is respected, in milliseconds. */
const MAX_FLOOR_MS = 3_600_000

/**
 * Exponential backoff with jitter (D10): a delay is `d × (1 − U(0, ½))` with `d = base × 2ⁿ`, capped. A single success does
 * not reset the count, a minute without failure does, because a server that accepts connections and drops them again must
 * not be asked at the shortest delay for ever.
 */
export class Backoff {
  readonly #options: Required<BackoffOptions>
  #failures = 0
  #healthySince: number | undefined

  constructor(options: BackoffOptions) {
    this.#options = { maxMs: 30_000, resetAfterMs: 60_000, ...options }
  }

  /** Records a success. */
  succeeded(): void {
    this.#healthySince ??= this.#options.clock.monotonic()
  }

  /** Records a failure and returns the delay before the next attempt, in milliseconds, at least `floorMs`. */
  failed(floorMs = 0): number {
    const { clock, random, baseMs, maxMs, resetAfterMs } = this.#options
    const healthyMs = this.#healthySince === undefined ? 0 : clock.monotonic() - this.#healthySince
    if (healthyMs >= resetAfterMs) this.#failures = 0
    this.#healthySince = undefined
    const delay = Math.min(maxMs, baseMs * 2 ** this.#failures++) * (1 - random() / 2)
    return Math.max(delay, spread(floorMs, random))
  }
}

/** Returns the delay that a server asked for, capped, plus up to half at random, so that clients do not return together. */
export function spread(floorMs: number, random: () => number): number {
  return Math.min(floorMs, MAX_FLOOR_MS) * (1 + random() / 2)
}
