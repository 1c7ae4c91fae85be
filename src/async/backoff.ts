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

const MAX_RETRY_AFTER_MS = 3_600_000

/**
 * Exponential backoff with jitter (D10): a delay is `d × (1 − U(0, ½))` with `d = base × 2ⁿ`, capped. A success does
 * not reset the count at once, but a minute without a failure does: a server that accepts connections and drops them
 * again is not contacted at the shortest delay for ever.
 */
export class Backoff {
  readonly #options: Required<BackoffOptions>
  #failures = 0
  #healthySince: number | undefined

  constructor(options: BackoffOptions) {
    this.#options = { maxMs: 30_000, resetAfterMs: 60_000, ...options }
  }

  succeeded(): void {
    this.#healthySince ??= this.#options.clock.monotonic()
  }

  /**
   * Records a failure. Returns the delay before the next attempt, in milliseconds, which respects the server's
   * `Retry-After`.
   */
  failed(retryAfterMs = 0): number {
    const { clock, random, baseMs, maxMs, resetAfterMs } = this.#options
    const healthyMs = this.#healthySince === undefined ? 0 : clock.monotonic() - this.#healthySince
    if (healthyMs >= resetAfterMs) this.#failures = 0
    this.#healthySince = undefined
    const delay = Math.min(maxMs, baseMs * 2 ** this.#failures++) * (1 - random() / 2)
    return Math.max(delay, spread(retryAfterMs, random))
  }
}

/**
 * Returns the server's `Retry-After`, capped at an hour and lengthened at random by up to half, so that clients do not
 * return together.
 */
export function spread(retryAfterMs: number, random: () => number): number {
  return Math.min(retryAfterMs, MAX_RETRY_AFTER_MS) * (1 + random() / 2)
}
