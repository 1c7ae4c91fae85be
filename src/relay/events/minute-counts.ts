/** The number of minutes that are remembered, the present one included. */
export const MINUTES = 60

/** A moment: the number of minutes since the Unix epoch, which never decreases, and the time in milliseconds. */
export interface Moment {
  readonly minute: number
  readonly at: number
}

/** A count for each of the last 60 minutes, and their total since the start. */
export class MinuteCounts {
  /** The count of minute M is at M modulo 60. */
  readonly #counts = new Float64Array(MINUTES)
  #minute = 0
  #total = 0
  #lastAt = 0

  /** The sum of all counts, at most the largest exact integer. */
  get total(): number {
    return this.#total
  }

  /** The time of the last count, in milliseconds since the Unix epoch; 0 before the first. */
  get lastAt(): number {
    return this.#lastAt
  }

  add(count: number, { minute, at }: Moment): void {
    const passed = Math.min(minute - this.#minute, MINUTES)
    for (let back = 0; back < passed; back++) this.#counts[(minute - back) % MINUTES] = 0
    this.#minute = Math.max(minute, this.#minute)
    const index = this.#minute % MINUTES
    this.#counts[index] = (this.#counts[index] ?? 0) + count
    this.#total = Math.min(this.#total + count, Number.MAX_SAFE_INTEGER)
    this.#lastAt = at
  }

  /** Returns the counts of the last 60 minutes, oldest first. The last element is the given, present minute. */
  perMinute(minute: number): number[] {
    return Array.from({ length: MINUTES }, (_, index) => this.#countAt(minute - MINUTES + 1 + index))
  }

  /** Returns the sum of the last 60 minutes. */
  lastHour(minute: number): number {
    let sum = 0
    for (let back = 0; back < MINUTES; back++) sum += this.#countAt(minute - back)
    return sum
  }

  #countAt(minute: number): number {
    const isKept = minute <= this.#minute && minute > this.#minute - MINUTES
    return isKept ? (this.#counts[minute % MINUTES] ?? 0) : 0
  }
}
