import type { Flag, Rollout, VariationOrRollout } from '../model/flag.ts'
import { isJsonObject } from '../model/json.ts'
import { type Bucketing, bucket, parseReference } from './attribute.ts'
import { partOf } from './context.ts'
import { type Evaluation, malformed, type Reason, variation } from './detail.ts'
import type { Run } from './run.ts'

export interface Arm {
  /** The upper bound of the bucket, from 0 to 1, exclusive. */
  readonly end: number
  readonly outside: Evaluation
  readonly inExperiment: Evaluation
}

/** A percentage rollout or an experiment. A context always falls into the same bucket. */
export class Split {
  readonly rollout: Rollout
  readonly bucketing: Bucketing
  readonly arms: readonly Arm[]

  /** Compiles a rollout. Returns `undefined` if it has no variations or no valid attribute to bucket by. */
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
    // Experiments always bucket by the key.
    const reference =
      isExperiment || !rollout.bucketBy ? 'key' : parseReference(rollout.bucketBy, rollout.contextKind)
    if (reference === undefined) return undefined
    const seed = rollout.seed ? Number(rollout.seed) : `${flag.key}.${flag.salt || ''}`
    const contextKind = rollout.contextKind ?? 'user'
    const bucketing = { contextKind, reference, prefix: `${seed}.` }
    return new Split(rollout, bucketing, arms(flag, rollout, reason, prerequisites))
  }

  private constructor(rollout: Rollout, bucketing: Bucketing, arms: readonly Arm[]) {
    this.rollout = rollout
    this.bucketing = bucketing
    this.arms = arms
  }

  pick(run: Run): Evaluation {
    const value = bucket(run, this.bucketing)
    for (const arm of this.arms) {
      // Not `>=`: after a weight that is not a number every bound is NaN, and no comparison with NaN holds.
      if (!(value < arm.end)) continue
      run.trace?.rollout(this, value, arm)
      const { contextKind } = this.bucketing
      return partOf(run.context, contextKind) === undefined ? arm.outside : arm.inExperiment
    }
    // If the weights sum to less than 100 %, the last bucket takes the rest.
    const last = this.arms.at(-1) as Arm
    run.trace?.rollout(this, value, last)
    return last.inExperiment
  }
}

/** Compiles the buckets. Sums weights as the official SDK does, rounding included. A malformed one takes the rest. */
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
      const error = malformed(flag, prerequisites)
      return [...result, { end: Infinity, outside: error, inExperiment: error }]
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

export type Outcome = Evaluation | Split

export function compileOutcome(
  flag: Flag,
  source: VariationOrRollout | null | undefined,
  reason: Reason,
  prerequisites: readonly string[],
): Outcome {
  if (typeof source !== 'object' || source === null) return malformed(flag, prerequisites)
  if (source.variation !== undefined && source.variation !== null) {
    return variation(flag, source.variation, reason, prerequisites)
  }
  return Split.of(flag, source.rollout, reason, prerequisites) ?? malformed(flag, prerequisites)
}

export function pick(outcome: Outcome, run: Run): Evaluation {
  return outcome instanceof Split ? outcome.pick(run) : outcome
}

/** Returns the result of an outcome that is the same for all contexts. */
export function constantOf(outcome: Outcome): Evaluation | undefined {
  return outcome instanceof Split ? undefined : outcome
}
