import type { Flag, Rule } from '../model/flag.ts'
import { type CompiledClause, compileClauses } from './clause.ts'
import type { Reason } from './detail.ts'
import { compileOutcome, type Outcome } from './outcome.ts'

/** A rule of a flag. */
export class CompiledRule {
  /** Without a list of clauses nothing matches. */
  readonly clauses: readonly (CompiledClause | undefined)[] | undefined
  readonly #flag: Flag
  readonly #index: number
  #outcome: Outcome | undefined

  constructor(flag: Flag, rule: Rule, index: number) {
    this.clauses = compileClauses(rule.clauses)
    this.#flag = flag
    this.#index = index
  }

  outcome(prerequisites: readonly string[]): Outcome {
    this.#outcome ??= this.#compile(prerequisites)
    return this.#outcome
  }

  #compile(prerequisites: readonly string[]): Outcome {
    const rule = this.#flag.rules?.[this.#index] as Rule
    const ruleId = typeof rule.id === 'string' ? { ruleId: rule.id } : undefined
    const reason: Reason = Object.freeze({ kind: 'RULE_MATCH', ruleIndex: this.#index, ...ruleId })
    return compileOutcome(this.#flag, rule, reason, prerequisites)
  }
}
