import type { Evaluation, Reason } from '../../evaluation/detail.ts'
import { constantEvaluation } from '../../evaluation/evaluate.ts'
import { evaluationFailure, reasonMetadata } from '../../evaluation/openfeature-result.ts'
import type { Item } from '../../model/change-set.ts'
import type { Flag, VariationOrRollout } from '../../model/flag.ts'
import { isJsonObject } from '../../model/json.ts'

/** The reasons of OFREP. */
type OfrepReason = 'STATIC' | 'TARGETING_MATCH' | 'SPLIT' | 'DISABLED'

/** An evaluated flag in the form of OFREP, or an error in its place. */
export type OfrepFlag = OfrepResult | OfrepError

interface OfrepResult {
  readonly key: string
  readonly reason: OfrepReason
  /** The index of the variation. Absent if the flag has no value. */
  readonly variant?: string
  /** Absent if the application must use its default value: the flag has no value, or the value is `null`, which OFREP lacks. */
  readonly value?: unknown
  readonly metadata: Readonly<Record<string, string | number | boolean>>
}

interface OfrepError {
  readonly key: string
  readonly errorCode: string
  readonly errorDetails: string
}

/** Converts an evaluation of a flag. */
export function toOfrep(
  { key, object: flag }: Item,
  { value, variationIndex, reason }: Evaluation,
): OfrepFlag {
  if (reason.kind === 'ERROR') {
    const { errorKind } = reason
    const { code, message } = evaluationFailure(errorKind === 'USER_NOT_SPECIFIED' ? 'EXCEPTION' : errorKind)
    return { key, errorCode: code, errorDetails: message }
  }
  return {
    key,
    ...(value !== undefined && value !== null && { value }),
    reason: ofrepReason(flag, reason),
    ...(variationIndex !== null && { variant: String(variationIndex) }),
    metadata: { reasonKind: reason.kind, ...reasonMetadata(variationIndex, reason) },
  }
}

/** OFREP has no reason for a value that rules could have changed and did not: it counts as the result of targeting. */
function ofrepReason(flag: Flag, reason: Exclude<Reason, { readonly kind: 'ERROR' }>): OfrepReason {
  switch (reason.kind) {
    case 'OFF':
    case 'PREREQUISITE_FAILED':
      return 'DISABLED'
    case 'TARGET_MATCH':
      return 'TARGETING_MATCH'
    case 'RULE_MATCH':
      return isSplit(flag.rules?.[reason.ruleIndex]) ? 'SPLIT' : 'TARGETING_MATCH'
    case 'FALLTHROUGH':
      if (isSplit(flag.fallthrough)) return 'SPLIT'
      return constantEvaluation(flag) ? 'STATIC' : 'TARGETING_MATCH'
    default:
      return reason satisfies never
  }
}

function isSplit(outcome: VariationOrRollout | null | undefined): boolean {
  return typeof outcome?.variation !== 'number' && isJsonObject(outcome?.rollout)
}
