import type { Random } from '../support/random.ts'

/** The faults that the simulation can inject. */
export const FAULTS = [
  'refuse',
  'hang before headers',
  'hang after',
  'drop',
  'truncate',
  'slow headers',
  'trickle',
  '5xx',
  'temporary 4xx',
  'permanent 4xx',
  'redirect',
  'redirect away',
  'unrequested 304',
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
 * The rates of faults. Each seed has only some of the faults, at random rates, because with all of them at once a run
 * would not get far.
 */
export class Faults {
  readonly #random: Random
  readonly #rates: ReadonlyMap<Fault, number>
  #healed = false
  /** Longest delay of an answer without a fault, in milliseconds. */
  readonly latencyMs: number
  /** Longest time between two events of the world, in milliseconds. */
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

  /** The faults with a rate above zero. */
  get active(): readonly Fault[] {
    return FAULTS.filter((fault) => (this.#rates.get(fault) ?? 0) > 0)
  }

  /** Ends all faults. */
  heal(): void {
    this.#healed = true
  }

  get healed(): boolean {
    return this.#healed
  }

  /** Draws whether the fault occurs now. */
  occurs(fault: Fault): boolean {
    const drawn = this.#random.next()
    return !this.#healed && drawn < (this.#rates.get(fault) ?? 0)
  }
}
