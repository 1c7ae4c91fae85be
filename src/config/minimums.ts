/** Shortest first delay before a reconnect (D10). */
export const MIN_RECONNECT_DELAY_MS = 1

/** Shortest time between two looks at flag files, milliseconds. */
export const MIN_FILE_INTERVAL_MS = 100

/** Numbers that were raised to their minimum, and the warnings that say so. */
export class Minimums {
  readonly #warnings: string[] = []

  get warnings(): readonly string[] {
    return this.#warnings
  }

  /** The number itself, or the minimum where it is below. Both in the unit the path is written in. */
  raise(path: string, value: number | undefined, minimum: number): number | undefined {
    if (value === undefined || value >= minimum) return value
    this.#warnings.push(`${path} ${value} is below the minimum; ${minimum} is used`)
    return minimum
  }

  /** A number of seconds as milliseconds, no less than a minimum of milliseconds. */
  raiseSeconds(path: string, seconds: number | undefined, minimumMs: number): number | undefined {
    const raised = this.raise(path, seconds, minimumMs / 1_000)
    return raised === undefined ? undefined : Math.round(raised * 1_000)
  }
}
