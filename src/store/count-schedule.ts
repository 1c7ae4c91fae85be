import type { Clock } from '../async/clock.ts'

/** Average that counting may cost, in read units per second. */
const UNITS_PER_SECOND = 1
const MIN_INTERVAL_MS = 5_000
const MAX_INTERVAL_MS = 300_000

/**
 * Decides when the rows of a database are counted that charges for each row it counts. The more the last count cost, the
 * longer is the time until the next one.
 */
export class CountSchedule {
  readonly #clock: Clock
  #notBefore = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get isDue(): boolean {
    return this.#clock.monotonic() >= this.#notBefore
  }

  /** Records the cost of a count, or of a read of all rows, in read units. */
  spent(units: number): void {
    const intervalMs = (units / UNITS_PER_SECOND) * 1_000
    this.#notBefore =
      this.#clock.monotonic() + Math.min(MAX_INTERVAL_MS, Math.max(MIN_INTERVAL_MS, intervalMs))
  }
}
