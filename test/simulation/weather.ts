import type { Random } from '../support/random.ts'

/** Everything that can go wrong. */
export const FAULTS = [
  'refuse',
  'hang before headers',
  'hang after',
  'drop',
  'truncate',
  'slow headers',
  'trickle',
  '5xx',
  '4xx that can pass',
  '4xx for good',
  'redirect',
  'redirect away',
  'unasked 304',
  'wrong content type',
  'malformed event',
  'not UTF-8',
  'reordered events',
  'duplicate event',
  'error event',
  'goodbye',
  'noise',
  'unnamed state',
  'needless full',
  'server restart',
  'history forgotten',
  'wall clock jump',
  'stall',
  'early close',
  'directive',
  'goodbye to FDv1',
] as const

export type Fault = (typeof FAULTS)[number]

/**
 * How bad it is. Each seed has only some of the faults, at rates of its own: with all of them at once nothing would
 * ever get far enough to break.
 */
export class Weather {
  readonly #random: Random
  readonly #rates: ReadonlyMap<Fault, number>
  #healed = false
  /** Longest delay of an answer when nothing is wrong, milliseconds. */
  readonly latencyMs: number
  /** Longest time between two events of the world, milliseconds. */
  readonly pauseMs: number

  constructor(random: Random, without: ReadonlySet<Fault>) {
    this.#random = random
    this.latencyMs = random.pick([80, 80, 3_000])
    this.pauseMs = random.pick([2_000, 20_000, 20_000, 40_000])
    const calm = random.next()
    const rates = FAULTS.map((fault) => {
      const rate = random.chance(0.35) ? 0.02 + random.next() ** 2 * 0.5 * calm : 0
      return [fault, without.has(fault) ? 0 : rate] as const
    })
    this.#rates = new Map(rates)
  }

  /** Which faults there are at all. */
  get faults(): readonly Fault[] {
    return FAULTS.filter((fault) => (this.#rates.get(fault) ?? 0) > 0)
  }

  /** From now on nothing goes wrong any more. */
  heal(): void {
    this.#healed = true
  }

  get healed(): boolean {
    return this.#healed
  }

  /** Whether it happens now. */
  strikes(fault: Fault): boolean {
    const drawn = this.#random.next()
    return !this.#healed && drawn < (this.#rates.get(fault) ?? 0)
  }
}
