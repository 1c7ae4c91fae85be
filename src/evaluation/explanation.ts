import type { Reason } from './detail.ts'
import type { Excerpt, ExplainedBucket, ExplainedClause, ExplainedOutcome } from './explained-clause.ts'

/**
 * The way from a flag and a context to a value: each step of the evaluation with its outcome, and the result. A tree of plain
 * JSON values. It shows values of the context, private attributes included, so treat it as confidential as the context.
 *
 * Long lists are shortened ({@link Excerpt}), and so are long texts and large values, except for the value of the result.
 */
export interface Explanation {
  /** The key of the flag. */
  readonly key: string
  /** The version of the flag. Absent if the flag does not exist, or has no version. */
  readonly version?: number
  /** Present if the flag comes from the overrides of the client. */
  readonly overridden?: true
  /** The result of the evaluation. */
  readonly result: ExplainedResult
  /** The steps in the order of the evaluation. The last one determined the result; later ones are not listed. */
  readonly steps: readonly ExplanationStep[]
  /** Present if details of prerequisites or segments are missing because the explanation became too large. */
  readonly truncated?: true
}

/** The result of an evaluation, as the variation methods return it. */
export interface ExplainedResult {
  /** The value; `null` if the evaluation returns the fallback value of the caller. For prerequisites a large value is shortened. */
  readonly value: unknown
  /** The index of the value in the variations of the flag; `null` for a fallback value. */
  readonly variationIndex: number | null
  /** The reason for the value. */
  readonly reason: Reason
}

/**
 * One step of an evaluation. A flag has at most one step of each type: `problem` alone, or `switch`, `prerequisites`,
 * `targets`, `rules`, `fallthrough` in this order, without those that it has no use for. `problem` is also the last step
 * if the evaluation fails, for example because a getter of the context throws.
 */
export type ExplanationStep =
  | ProblemStep
  | SwitchStep
  | PrerequisitesStep
  | TargetsStep
  | RulesStep
  | FallthroughStep

/** The members of all steps. */
export interface ExplanationStepBase {
  /** The effect of the step that determined the result. Absent from the other steps. */
  readonly serves?: ExplainedServing
}

/** The flag could not be evaluated: there is no data, no such flag, an invalid context, or an error. */
export interface ProblemStep extends ExplanationStepBase {
  readonly type: 'problem'
  /** The cause, as a sentence. */
  readonly problem: string
}

/** The first step: the switch of the flag. A flag that is off serves its off variation. */
export interface SwitchStep extends ExplanationStepBase {
  readonly type: 'switch'
  /** True if the flag is on. */
  readonly on: boolean
}

/** The prerequisites, up to the one that is not met. If one is not met, the flag serves its off variation. */
export interface PrerequisitesStep extends ExplanationStepBase {
  readonly type: 'prerequisites'
  /** The prerequisites in the order of the data. */
  readonly prerequisites: Excerpt<ExplainedPrerequisite>
}

/**
 * One prerequisite.
 * - `met`: the other flag is on and has the required variation.
 * - `failed`: the other flag is off or has another variation.
 * - `missing`: the other flag does not exist, so the prerequisite failed.
 * - `error`: the evaluation of the other flag is an error, so this flag is malformed.
 * - `circle`: the other flag requires this one, or there are too many prerequisites, so this flag is malformed.
 * - `malformed`: the prerequisite is not valid data.
 */
export interface ExplainedPrerequisite {
  /** The key of the other flag; `null` if the prerequisite is malformed. */
  readonly key: string | null
  /** The required variation of the other flag, usually a number; `null` if there is none. */
  readonly variation: unknown
  /** The outcome of the prerequisite, as listed above. */
  readonly outcome: 'met' | 'failed' | 'missing' | 'error' | 'circle' | 'malformed'
  /** The explanation of the other flag. Absent if it was not evaluated. */
  readonly explanation?: Explanation
}

/** The lists of context keys that have a variation of their own, up to the one that has the context. */
export interface TargetsStep extends ExplanationStepBase {
  readonly type: 'targets'
  /** The lists in the order of the evaluation. */
  readonly targets: Excerpt<ExplainedTarget>
}

/** One list of context keys that has a variation of its own. */
export interface ExplainedTarget {
  /** The kind of the context that the list is about. */
  readonly contextKind: string
  /** The key of the context of that kind; `null` if the context has no such kind. */
  readonly contextKey: string | null
  /** The number of keys in the list. */
  readonly keys: number
  /** The index of the variation that the list serves; `null` if the flag has no such variation. */
  readonly variationIndex: number | null
  /** The outcome: `matched` if the list has the key. */
  readonly outcome: ExplainedOutcome
}

/** The rules, up to the one that matches. */
export interface RulesStep extends ExplanationStepBase {
  readonly type: 'rules'
  /** The rules in their order, up to the one that matches. */
  readonly rules: Excerpt<ExplainedRule>
  /** The number of rules after the one that determined the result. */
  readonly notReached: number
}

/** One rule of a flag. It matches if all of its clauses match. */
export interface ExplainedRule {
  /** The index in the rules of the flag, from 0. */
  readonly index: number
  /** The identifier of the rule. Absent if it has none. */
  readonly id?: string
  /** The outcome of the rule. */
  readonly outcome: ExplainedOutcome
  /** The clauses, up to the first that does not match. */
  readonly clauses: Excerpt<ExplainedClause>
}

/** The last step if no target and no rule matches: the flag serves its default. */
export interface FallthroughStep extends ExplanationStepBase {
  readonly type: 'fallthrough'
}

/** The effect of the step that determined the result. */
export type ExplainedServing =
  | {
      readonly type: 'variation'
      readonly variationIndex: number
    }
  /** The flag is off or a prerequisite failed, and there is no off variation: the caller's fallback value. */
  | { readonly type: 'no variation' }
  /** The data does not allow a result, for example because the variation does not exist: the caller's fallback value. */
  | { readonly type: 'malformed' }
  | ExplainedRollout

/** A percentage rollout or an experiment. */
export interface ExplainedRollout extends ExplainedBucket {
  readonly type: 'rollout'
  readonly kind: 'rollout' | 'experiment'
  /** The variations with their shares, in order. */
  readonly arms: Excerpt<ExplainedArm>
  /** The arm that has the bucket. */
  readonly chosen: ExplainedArm
  /** `bucket`: the bucket is below the arm's end. `rest`: the weights do not cover the bucket, so the last arm takes it. */
  readonly chosenBy: 'bucket' | 'rest'
  /** The index of the served variation; `null` if the flag has no such variation. */
  readonly variationIndex: number | null
  /** True if the result belongs to an experiment. */
  readonly inExperiment: boolean
}

/** One variation of a rollout. */
export interface ExplainedArm {
  /** The index in the rollout, from 0. */
  readonly index: number
  /** The index of the variation, as in the data, or `null`. */
  readonly variation: unknown
  /** In thousandths of a percent, as in the data, or `null`. */
  readonly weight: unknown
  /** The first bucket of the arm, from 0 to 1; `null` if the weights are malformed. */
  readonly from: number | null
  /** The end of the arm, which is the first bucket of the next one; `null` if the weights are malformed. */
  readonly to: number | null
}
