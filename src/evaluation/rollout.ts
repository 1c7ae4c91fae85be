import type { Flag, Rollout, VariationOrRollout } from '../model/flag.ts'
import { isJsonObject } from '../model/json.ts'
import { type Bucketing, bucket, parseReference } from './attribute.ts'
import { type PreparedContext, partOf } from './context.ts'
import { type Evaluation, malformed, type Reason, variation } from './detail.ts'

/** One share of a split. */
interface Arm {
  /** Where the share ends, from 0 to 1. */
  readonly end: number
  readonly outside: Evaluation
  readonly inExperiment: Evaluation
}

/** A percentage rollout or an experiment. The same context always gets the same share. */
class Split {
  readonly #bucketing: Bucketing
  readonly #arms: readonly Arm[]

  /** `undefined` when the rollout is malformed as a whole: no list of variations, or no valid attribute. */
  static of(
    flag: Flag,
    rollout: Rollout | null | undefined,
    reason: Reason,
    prerequisites: readonly string[],
  ): Split | undefined {
    if (!isJsonObject(rollout) || !Array.isArray(rollout.variations) || rollout.variations.length === 0) {
      return undefined
    }
    const isExperiment = rollout.kind === 'experiment'
    // Experiments always go by the key.
    const reference =
      isExperiment || !rollout.bucketBy ? 'key' : parseReference(rollout.bucketBy, rollout.contextKind)
    if (reference === undefined) return undefined
    const seed = rollout.seed ? Number(rollout.seed) : `${flag.key}.${flag.salt || ''}`
    const contextKind = rollout.contextKind ?? 'user'
    return new Split(
      { contextKind, reference, prefix: `${seed}.` },
      arms(flag, rollout, reason, prerequisites),
    )
  }

  private constructor(bucketing: Bucketing, arms: readonly Arm[]) {
    this.#bucketing = bucketing
    this.#arms = arms
  }

  pick(context: PreparedContext): Evaluation {
    const place = bucket(context, this.#bucketing)
    for (const arm of this.#arms) {
      // Not `>=`: after a weight that is no number the ends are NaN, and nothing is below that.
      if (!(place < arm.end)) continue
      const { contextKind } = this.#bucketing
      return partOf(context, contextKind) === undefined ? arm.outside : arm.inExperiment
    }
    // Weights that sum to less leave a gap, and the last share takes it.
    return (this.#arms.at(-1) as Arm).inExperiment
  }
}

/** The ends are summed as the official SDK sums them, rounding included. What is no share at all takes the rest. */
function arms(
  flag: Flag,
  rollout: Rollout,
  reason: Reason,
  prerequisites: readonly string[],
): readonly Arm[] {
  const result: Arm[] = []
  let end = 0
  for (const share of rollout.variations) {
    if (!isJsonObject(share)) {
      const nothing = malformed(prerequisites)
      return [...result, { end: Infinity, outside: nothing, inExperiment: nothing }]
    }
    end += typeof share.weight === 'number' ? share.weight / 100_000 : Number.NaN
    const outside = variation(flag, share.variation, reason, prerequisites)
    const tracked = rollout.kind === 'experiment' && !share.untracked
    const inExperiment = tracked
      ? variation(flag, share.variation, Object.freeze({ ...reason, inExperiment: true }), prerequisites)
      : outside
    result.push({ end, outside, inExperiment })
  }
  return result
}

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
