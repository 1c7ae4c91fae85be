import type { Flag } from '../model/flag.ts'
import type { Evaluation } from './detail.ts'
import { emptyList, type GrowingList } from './excerpt.ts'
import type {
  ExplainedPrerequisite,
  ExplainedResult,
  ExplainedRollout,
  ExplainedRule,
  ExplainedServing,
  ExplainedTarget,
  ExplanationStep,
} from './explanation.ts'
import { listOf } from './lists.ts'

export type TracedRollout = Omit<ExplainedRollout, 'variationIndex' | 'inExperiment'>

/** The recorded parts of one flag's evaluation. An empty list was not evaluated. */
export interface TracedFlag {
  readonly flag: Flag
  readonly prerequisites: GrowingList<ExplainedPrerequisite>
  readonly targets: GrowingList<ExplainedTarget>
  readonly rules: GrowingList<ExplainedRule>
  fallsThrough: boolean
  rollout: TracedRollout | undefined
}

export function tracedFlag(flag: Flag): TracedFlag {
  return {
    flag,
    prerequisites: emptyList(),
    targets: emptyList(),
    rules: emptyList(),
    fallsThrough: false,
    rollout: undefined,
  }
}

export function resultOf({ value, variationIndex, reason }: Evaluation): ExplainedResult {
  return { value: variationIndex === null ? null : value, variationIndex, reason: { ...reason } }
}

/** Returns the steps of a flag in the order of the evaluation. The last one has the effect. */
export function stepsOf(traced: TracedFlag, evaluation: Evaluation): readonly ExplanationStep[] {
  const steps = stepsWithoutEffect(traced)
  const last = steps.at(-1) as ExplanationStep
  return [...steps.slice(0, -1), { ...last, serves: servingOf(traced, evaluation) }]
}

function stepsWithoutEffect(traced: TracedFlag): readonly ExplanationStep[] {
  const { flag, prerequisites, targets, rules, fallsThrough } = traced
  const steps: ExplanationStep[] = [{ type: 'switch', on: Boolean(flag.on) }]
  if (prerequisites.total > 0) steps.push({ type: 'prerequisites', prerequisites })
  if (targets.total > 0) steps.push({ type: 'targets', targets })
  const notReached = listOf(flag.rules).length - rules.total
  if (rules.total > 0) steps.push({ type: 'rules', rules, notReached })
  if (fallsThrough) steps.push({ type: 'fallthrough' })
  return steps
}

/** Returns the steps of a flag whose evaluation failed, with the problem as the last one. */
export function stepsBefore(problem: string, traced: TracedFlag | undefined): readonly ExplanationStep[] {
  return [...(traced ? stepsWithoutEffect(traced) : []), { type: 'problem', problem }]
}

function servingOf(
  { rollout }: TracedFlag,
  { variationIndex, reason }: Pick<Evaluation, 'variationIndex' | 'reason'>,
): ExplainedServing {
  if (rollout !== undefined) {
    const inExperiment = 'inExperiment' in reason && reason.inExperiment === true
    return { ...rollout, variationIndex, inExperiment }
  }
  if (variationIndex !== null) return { type: 'variation', variationIndex }
  return { type: reason.kind === 'ERROR' ? 'malformed' : 'no variation' }
}
