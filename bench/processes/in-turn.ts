import { median, quantile } from '../median.ts'
import type { Quantity } from '../report/table.ts'

/** The measurements of each subject, one for each round; those that failed have the reason instead. */
export class Rounds<Cost> {
  readonly costs: ReadonlyMap<string, readonly Cost[]>
  readonly failures: ReadonlyMap<string, string>

  constructor(costs: ReadonlyMap<string, readonly Cost[]>, failures: ReadonlyMap<string, string>) {
    this.costs = costs
    this.failures = failures
  }

  /** Returns the median over all rounds; `NaN` if the subject has none. */
  median(name: string, of: (cost: Cost) => number): number {
    return median((this.costs.get(name) ?? []).map(of))
  }

  /** Returns the median of the rounds' ratios of two subjects, with its quartiles. */
  ratio(name: string, base: string, of: (cost: Cost) => number): Quantity {
    const others = this.costs.get(base) ?? []
    const ratios = (this.costs.get(name) ?? []).flatMap((cost, round) => {
      const other = others[round]
      return other === undefined ? [] : [of(cost) / of(other)]
    })
    return {
      value: median(ratios),
      low: quantile(ratios, 0.25),
      high: quantile(ratios, 0.75),
      form: 'ratio',
    }
  }

  /** Returns a sentence for each subject that failed. */
  get notes(): readonly string[] {
    return [...this.failures].map(([name, reason]) => `${name} failed: ${reason}`)
  }
}

/**
 * Measures all subjects in turn, in every second round in the opposite order. A first round, which fills the caches of the machine, does
 * not count; measurements that warm up by themselves use {@link inWarmTurn}. A subject that fails has no further rounds; the others go on.
 */
export async function inTurn<Subject extends { readonly name: string }, Cost>(
  subjects: readonly Subject[],
  rounds: number,
  measure: (subject: Subject) => Promise<Cost>,
): Promise<Rounds<Cost>> {
  const { costs, failures } = await inWarmTurn(subjects, rounds + 1, measure)
  return new Rounds(new Map(Array.from(costs, ([name, all]) => [name, all.slice(1)])), failures)
}

/** Measures as {@link inTurn}, but the first round counts. */
export async function inWarmTurn<Subject extends { readonly name: string }, Cost>(
  subjects: readonly Subject[],
  rounds: number,
  measure: (subject: Subject) => Promise<Cost>,
): Promise<Rounds<Cost>> {
  const costs = new Map<string, Cost[]>(subjects.map(({ name }) => [name, []]))
  const failures = new Map<string, string>()
  for (let round = 0; round < rounds; round++) {
    for (const subject of round % 2 === 0 ? subjects : subjects.toReversed()) {
      const { name } = subject
      if (failures.has(name)) continue
      try {
        costs.get(name)?.push(await measure(subject))
      } catch (error) {
        failures.set(name, error instanceof Error ? error.message : String(error))
        costs.delete(name)
      }
    }
  }
  return new Rounds(costs, failures)
}
