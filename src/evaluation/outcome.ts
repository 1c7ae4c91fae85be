import type { Flag, VariationOrRollout } from '../model/flag.ts'
import type { Evaluation, Reason } from './detail.ts'
import type { PreparedContext } from './prepared-context.ts'
import { malformed, variation } from './results.ts'
import { Split } from './split.ts'

/** What a rule, or the fallthrough, gives: one variation, or a split among several. */
export type Outcome = Evaluation | Split

export function compileOutcome(
  flag: Flag,
  source: VariationOrRollout | null | undefined,
  reason: Reason,
  prerequisites: readonly string[],
): Outcome {
  if (typeof source !== 'object' || source === null) return malformed(prerequisites)
  if (source.variation !== undefined && source.variation !== null) {
    return variation(flag, source.variation, reason, prerequisites)
  }
  return Split.of(flag, source.rollout, reason, prerequisites) ?? malformed(prerequisites)
}

export function pick(outcome: Outcome, context: PreparedContext): Evaluation {
  return outcome instanceof Split ? outcome.pick(context) : outcome
}
