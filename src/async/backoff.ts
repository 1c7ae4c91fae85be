import type { Clock } from './clock.ts'

export interface BackoffOptions {
  readonly clock: Clock
  readonly random: () => number
  /** First delay; doubles with each failure. */
  readonly baseMs: number
  /** Longest delay before jitter. Default 30,000. */
  readonly maxMs?: number
  /** How long things must go well before the count starts afresh. Default 60,000. */
  readonly resetAfterMs?: number
}

/** A server's `Retry-After` is believed up to this long. */
const MAX_FLOOR_MS = 3_600_000

/**
 * Growing, jittered delays between attempts (D10): `d × (1 − U(0, ½))` with `d = base × 2ⁿ`, capped. One
 * success does not reset the count, a healthy period does, so a server that accepts and drops is still
 * spared.
 */
export class Backoff {
  readonly #options: Required<BackoffOptions>
  #failures = 0
  #healthySince: number | undefined

  constructor(options: BackoffOptions) {
    this.#options = { maxMs: 30_000, resetAfterMs: 60_000, ...options }
  }

  /** Something useful arrived. */
  succeeded(): void {
    this.#healthySince ??= this.#options.clock.monotonic()
  }

  /** Something failed: how many milliseconds to wait, not less than the `floorMs` the server asked for. */
  failed(floorMs = 0): number {
    const { clock, random, baseMs, maxMs, resetAfterMs } = this.#options
    const healthyMs = this.#healthySince === undefined ? 0 : clock.monotonic() - this.#healthySince
    if (healthyMs >= resetAfterMs) this.#failures = 0
    this.#healthySince = undefined
    const delay = Math.min(maxMs, baseMs * 2 ** this.#failures++) * (1 - random() / 2)
    return Math.max(delay, spread(floorMs, random))
  }
}

/** A delay the server asked for, capped, and spread by up to half so that clients do not return together. */
export function spread(floorMs: number, random: () => number): number {
  return Math.min(floorMs, MAX_FLOOR_MS) * (1 + random() / 2)
}
