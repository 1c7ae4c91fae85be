import type { Clock } from '../async/clock.ts'

interface Retirement {
  readonly until: number
  readonly failures: number
}

const FIRST_RETIREMENT_MS = 600_000
const LONGEST_RETIREMENT_MS = 3_600_000

/**
 * The order in which sources have their turns. A source that failed permanently is retired for 10 min, doubled with each
 * further failure up to 1 h, plus up to a quarter at random (D9). A change set resets the number of failures.
 */
export class SourceRotation<T> {
  readonly #sources: readonly T[]
  readonly #clock: Clock
  readonly #random: () => number
  readonly #retired = new Map<T, Retirement>()

  constructor(
    sources: readonly T[],
    { clock, random }: { readonly clock: Clock; readonly random: () => number },
  ) {
    this.#sources = sources
    this.#clock = clock
    this.#random = random
  }

  get available(): readonly T[] {
    return this.#sources.filter((source) => this.#availableInMs(source) <= 0)
  }

  /** Returns the first available source after the given one, in a circle; without an argument, the preferred source. */
  next(after?: T): T | undefined {
    const start = after === undefined ? 0 : this.#sources.indexOf(after) + 1
    const rotated = [...this.#sources.slice(start), ...this.#sources.slice(0, start)]
    return rotated.find((source) => this.#availableInMs(source) <= 0)
  }

  preferredTo(current: T): T | undefined {
    const better = this.#sources.slice(0, this.#sources.indexOf(current))
    return better.find((source) => this.#availableInMs(source) <= 0)
  }

  retire(source: T): void {
    const failures = (this.#retired.get(source)?.failures ?? 0) + 1
    const ms = Math.min(LONGEST_RETIREMENT_MS, FIRST_RETIREMENT_MS * 2 ** (failures - 1))
    this.#retired.set(source, { until: this.#clock.monotonic() + ms * (1 + this.#random() / 4), failures })
  }

  succeeded(source: T): void {
    this.#retired.delete(source)
  }

  /** Time until the first source is available, in milliseconds; `Infinity` if there are no sources. */
  get availableInMs(): number {
    return Math.min(...this.#sources.map((source) => this.#availableInMs(source)))
  }

  #availableInMs(source: T): number {
    return Math.max(0, (this.#retired.get(source)?.until ?? 0) - this.#clock.monotonic())
  }
}
