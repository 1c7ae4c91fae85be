import type { Context } from '../evaluation/context.ts'
import { type Evaluation, NO_PATTERN_ENGINE } from '../evaluation/detail.ts'
import { evaluate } from '../evaluation/evaluate.ts'
import type { LazyReads } from '../store/lazy/lazy-reads.ts'
import { NOT_READY } from './not-ready.ts'
import type { Patterns } from './patterns.ts'

export interface LazyParts {
  readonly reads: LazyReads
  readonly patterns: Patterns
}

/**
 * Evaluates with what a database holds: once with what is cached, and again after what was missing has been read, until
 * nothing is. Rejects with a {@link StoreError} when the database does not answer.
 */
export async function evaluateLazily(
  { reads, patterns }: LazyParts,
  key: string,
  context: Context,
): Promise<Evaluation> {
  if (!(await reads.ready())) return NOT_READY
  const view = reads.view()
  let evaluation = evaluate(view, key, context)
  let hasEngine = false
  for (;;) {
    if (evaluation === NO_PATTERN_ENGINE && !hasEngine) {
      await patterns.load()
      hasEngine = true
    } else if (!view.complete) await view.fill()
    else break
    evaluation = evaluate(view, key, context)
  }
  const { reason } = evaluation
  const isUnknown = reason.kind === 'ERROR' && reason.errorKind === 'FLAG_NOT_FOUND'
  return isUnknown && (await reads.vacant()) ? NOT_READY : evaluation
}
