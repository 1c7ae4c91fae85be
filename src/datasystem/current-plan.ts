import type { Plan } from './parts.ts'

/** The plan of a data system, which can be replaced while its sources run, for example by one with another SDK key. */
export class CurrentPlan {
  #plan: Plan
  #validity = new AbortController()

  constructor(plan: Plan) {
    this.#plan = plan
  }

  get current(): Plan {
    return this.#plan
  }

  /** Aborts when the {@link current} plan is replaced. */
  get replaced(): AbortSignal {
    return this.#validity.signal
  }

  /** Replaces the plan. The active source ends, and the first source of the new plan continues from the data in memory. */
  replace(plan: Plan): void {
    const former = this.#validity
    this.#plan = plan
    this.#validity = new AbortController()
    former.abort()
  }
}
