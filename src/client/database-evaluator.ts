import { PinnedMemberships, withMemberships } from '../big-segments/memberships.ts'
import type { Context } from '../evaluation/context.ts'
import { type Evaluation, NO_PATTERN_ENGINE, NOT_READY, UNREADABLE } from '../evaluation/detail.ts'
import type { LazyReads } from '../store/lazy/lazy-reads.ts'
import type { EvaluatorOptions } from './evaluator.ts'

interface DatabaseEvaluatorOptions extends Omit<EvaluatorOptions, 'offline'> {
  /** Evaluates in memory, if a source has filled memory while a database was read. */
  readonly whenFilled: (key: string, context: Context) => Evaluation | Promise<Evaluation>
}

/** Evaluates flags with the data of a database that is read lazily, through its cache. */
export class DatabaseEvaluator {
  readonly #options: DatabaseEvaluatorOptions

  constructor(options: DatabaseEvaluatorOptions) {
    this.#options = options
  }

  /** Evaluates a flag. Returns a promise, which never rejects, only if the database must be read. */
  evaluate(lazy: LazyReads, key: string, context: Context): Evaluation | Promise<Evaluation> {
    const cached = this.#inCache(lazy, key, context)
    if (cached === undefined) return this.#reading(lazy, key, context)
    this.#warn(lazy, key, context, cached)
    return cached
  }

  /** Evaluates with cached items; `undefined` if these do not suffice, or if a big segment may have to be queried. */
  #inCache(lazy: LazyReads, key: string, context: Context): Evaluation | undefined {
    const reader = this.#options.bigSegments === undefined ? lazy.cacheReader() : undefined
    if (reader === undefined) return undefined
    const evaluation = this.#options.evaluate(reader, key, context)
    if (reader.isIncomplete || evaluation === NO_PATTERN_ENGINE || isUnknownFlag(evaluation)) return undefined
    return evaluation
  }

  async #reading(lazy: LazyReads, key: string, context: Context): Promise<Evaluation> {
    const { dataSystem, warnings, whenFilled } = this.#options
    try {
      const evaluation = await this.#read(lazy, key, context)
      if (evaluation === NOT_READY) warnings.notReady()
      else this.#warn(lazy, key, context, evaluation)
      return evaluation
    } catch {
      // A source may have filled memory meanwhile, which cancels reads. Otherwise the store's monitor has logged the reason.
      if (!dataSystem.lazy) return whenFilled(key, context)
      warnings.unreadable()
      return UNREADABLE
    }
  }

  /**
   * Evaluates with what is cached, and repeats that after each read of missing flags and segments until none is missing.
   * Rejects with a {@link StoreError} if the database fails.
   */
  async #read(reads: LazyReads, key: string, context: Context): Promise<Evaluation> {
    const { bigSegments, overrides, patterns, evaluate } = this.#options
    if (overrides?.has('flag', key) !== true && !(await reads.ready())) return NOT_READY
    const view = reads.view()
    const memberships = bigSegments && new PinnedMemberships(bigSegments)
    const reader = withMemberships(view, memberships)
    let evaluation = evaluate(reader, key, context)
    let hasEngine = false
    for (;;) {
      if (evaluation === NO_PATTERN_ENGINE && !hasEngine) {
        await patterns.load()
        hasEngine = true
        // Without all flags and segments, the evaluation may reach a big segment that it would not reach with them.
      } else if (!view.complete) await view.fill()
      else if (evaluation.missingMembership !== undefined)
        await memberships?.query(evaluation.missingMembership)
      else break
      evaluation = evaluate(reader, key, context)
    }
    return isUnknownFlag(evaluation) && (await reads.isEmpty()) ? NOT_READY : evaluation
  }

  #warn(lazy: LazyReads, key: string, context: Context, evaluation: Evaluation): void {
    const { dataSystem, warnings } = this.#options
    if (dataSystem.awaitsConfirmation) warnings.unconfirmed(() => lazy.ageMs)
    warnings.check(key, context, evaluation)
  }
}

function isUnknownFlag({ reason }: Evaluation): boolean {
  return reason.kind === 'ERROR' && reason.errorKind === 'FLAG_NOT_FOUND'
}
