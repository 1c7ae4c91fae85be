import type { Clock } from '../async/clock.ts'

interface Retirement {
  readonly until: number
  readonly strikes: number
}

const FIRST_RETIREMENT_MS = 600_000
const LONGEST_RETIREMENT_MS = 3_600_000

/**
 * Which sources may have a turn. One that cannot work is retired for 10 min, doubling to 1 h, plus up to a quarter
 * (D9); data wipes its slate.
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

  /** Those that may have a turn, in order of preference. */
  get available(): readonly T[] {
    return this.#sources.filter((source) => this.#returnsInMs(source) <= 0)
  }

  /** The first available one at or after a place in the circle. */
  next(after?: T): T | undefined {
    const start = after === undefined ? 0 : this.#sources.indexOf(after) + 1
    const circle = [...this.#sources.slice(start), ...this.#sources.slice(0, start)]
    return circle.find((source) => this.#returnsInMs(source) <= 0)
  }

  /** The best available one that is preferred to this one. */
  preferredTo(current: T): T | undefined {
    const better = this.#sources.slice(0, this.#sources.indexOf(current))
    return better.find((source) => this.#returnsInMs(source) <= 0)
  }

  retire(source: T): void {
    const strikes = (this.#retired.get(source)?.strikes ?? 0) + 1
    const ms = Math.min(LONGEST_RETIREMENT_MS, FIRST_RETIREMENT_MS * 2 ** (strikes - 1))
    this.#retired.set(source, { until: this.#clock.monotonic() + ms * (1 + this.#random() / 4), strikes })
  }

  /** It brought data. */
  redeem(source: T): void {
    this.#retired.delete(source)
  }

  /** How long until one may have a turn again; `Infinity` when there is none at all. */
  get returnsInMs(): number {
    return Math.min(...this.#sources.map((source) => this.#returnsInMs(source)))
  }

  #returnsInMs(source: T): number {
    return Math.max(0, (this.#retired.get(source)?.until ?? 0) - this.#clock.monotonic())
  }
}
