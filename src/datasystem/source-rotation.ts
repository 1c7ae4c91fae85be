import { Backoff } from '../async/backoff.ts'
import type { Clock } from '../async/clock.ts'

interface RotationOptions {
  readonly clock: Clock
  readonly random: () => number
}

interface RotatedSource {
  readonly fdv1Retry?: { readonly leastMs: number }
}

/** Decides for how long a source is retired. */
interface Retirement {
  /** Records a permanent failure. Returns the time until the next attempt, in milliseconds. */
  failed(): number
  succeeded(): void
}

const LONGEST_RETIREMENT_MS = 3_600_000
const FIRST_RETIREMENT_MS = 600_000
const FDV1_FIRST_RETIREMENT_MS = 300_000

/** The order in which sources have their turns. A source that failed permanently is retired for some time (D9). */
export class SourceRotation<T extends RotatedSource> {
  readonly #sources: readonly T[]
  readonly #clock: Clock
  readonly #retirements: ReadonlyMap<T, Retirement>
  readonly #retiredUntil = new Map<T, number>()

  constructor(sources: readonly T[], options: RotationOptions) {
    this.#sources = sources
    this.#clock = options.clock
    this.#retirements = new Map(sources.map((source) => [source, retirementOf(source, options)]))
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
    const ms = this.#retirements.get(source)?.failed() ?? 0
    this.#retiredUntil.set(source, this.#clock.monotonic() + ms)
  }

  succeeded(source: T): void {
    this.#retirements.get(source)?.succeeded()
    this.#retiredUntil.delete(source)
  }

  /** Time until the first source is available, in milliseconds; `Infinity` if there are no sources. */
  get availableInMs(): number {
    return Math.min(...this.#sources.map((source) => this.#availableInMs(source)))
  }

  #availableInMs(source: T): number {
    return Math.max(0, (this.#retiredUntil.get(source) ?? 0) - this.#clock.monotonic())
  }
}

function retirementOf({ fdv1Retry }: RotatedSource, options: RotationOptions): Retirement {
  return fdv1Retry ? fdv1Retirement(fdv1Retry.leastMs, options) : fdv2Retirement(options)
}

/** 10 min, doubling to 1 h, plus up to a quarter at random. A valid answer resets the number of failures at once. */
function fdv2Retirement({ random }: RotationOptions): Retirement {
  let failures = 0
  return {
    failed: () => Math.min(LONGEST_RETIREMENT_MS, FIRST_RETIREMENT_MS * 2 ** failures++) * (1 + random() / 4),
    succeeded: () => {
      failures = 0
    },
  }
}

/** 5 min, doubling to 1 h, less up to half at random. The number of failures is reset a minute after a valid answer. */
function fdv1Retirement(leastMs: number, options: RotationOptions): Retirement {
  const backoff = new Backoff({
    ...options,
    baseMs: FDV1_FIRST_RETIREMENT_MS,
    maxMs: LONGEST_RETIREMENT_MS,
  })
  return { failed: () => Math.max(leastMs, backoff.failed()), succeeded: () => backoff.succeeded() }
}
