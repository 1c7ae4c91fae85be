import type { DataSystem } from '../datasystem/data-system.ts'
import type { Context } from '../evaluation/context.ts'
import type { Evaluation } from '../evaluation/detail.ts'
import { evaluate } from '../evaluation/evaluate.ts'
import { evaluateLazily } from './evaluate-lazily.ts'
import type { Gate } from './gate.ts'
import { NOT_READY, UNREADABLE } from './not-ready.ts'
import type { Patterns } from './patterns.ts'
import type { Remarks } from './remarks.ts'

export interface EvaluatorOptions {
  readonly dataSystem: DataSystem
  readonly gate: Gate
  readonly remarks: Remarks
  readonly patterns: Patterns
}

/** Evaluates one flag, wherever its data is. */
export class Evaluator {
  readonly #dataSystem: DataSystem
  readonly #gate: Gate
  readonly #remarks: Remarks
  readonly #patterns: Patterns

  constructor({ dataSystem, gate, remarks, patterns }: EvaluatorOptions) {
    this.#dataSystem = dataSystem
    this.#gate = gate
    this.#remarks = remarks
    this.#patterns = patterns
  }

  /** Evaluates from memory. If memory does not hold the data, the result has no variation. Never throws. */
  now(key: string, context: Context): Evaluation {
    const { lazy } = this.#dataSystem
    const fills = lazy?.fills
    if (lazy && fills === 'on demand') {
      lazy.noteUnansweredSync()
      this.#remarks.notInMemory()
      return NOT_READY
    }
    // There is a database that has the data, and it was not read yet.
    if (fills === 'soon') return this.#early()
    return this.#gate.open ? evaluate(this.#dataSystem, key, context) : NOT_READY
  }

  /** From the database. Never rejects: one that does not answer gives no variation. */
  async later(key: string, context: Context): Promise<Evaluation> {
    const { lazy } = this.#dataSystem
    if (!lazy) return this.now(key, context)
    try {
      const evaluation = await evaluateLazily({ reads: lazy, patterns: this.#patterns }, key, context)
      if (evaluation === NOT_READY) return this.#early()
      if (this.#dataSystem.awaitsConfirmation) this.#remarks.unconfirmed(() => lazy.ageMs)
      return evaluation
    } catch {
      // Memory may have been filled meanwhile, which ends all reading; otherwise the store's monitor has logged the reason.
      if (!this.#dataSystem.lazy) return this.now(key, context)
      this.#remarks.unreadable()
      return UNREADABLE
    }
  }

  #early(): Evaluation {
    this.#remarks.early()
    return NOT_READY
  }
}
