/** The number of further series that a metric of all environments may have. A series that has begun never moves to another name. */
export class SeriesBudget {
  #left: number

  constructor(series: number) {
    this.#left = series
  }

  /** Takes a series and returns true, or returns false if none is left. */
  take(): boolean {
    if (this.#left <= 0) return false
    this.#left -= 1
    return true
  }

  give(series: number): void {
    this.#left += series
  }
}
