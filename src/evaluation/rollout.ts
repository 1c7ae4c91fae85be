import type { Flag, Rollout, VariationOrRollout } from '../model/flag.ts'
import { isJsonObject } from '../model/json.ts'
import { type Bucketing, bucket, parseReference } from './attribute.ts'
import { partOf } from './context.ts'
import { type Evaluation, malformed, type Reason, variation } from './detail.ts'
import type { Run } from './run.ts'

/** The parts of a flag that all results of one rollout share. */
interface SplitOrigin {
  readonly flag: Flag
  readonly rollout: Rollout
  readonly reason: Reason
  readonly prerequisites: readonly string[]
}

/** A percentage rollout or an experiment. A context always falls into the same bucket. */
export class Split {
  readonly rollout: Rollout
  readonly bucketing: Bucketing
  /** The upper bound of each bucket, from 0 to 1, exclusive. */
  readonly ends: readonly number[]
  readonly #origin: SplitOrigin
  /** The results that were used so far: two for each bucket, outside of and in the experiment. */
  readonly #results: Evaluation[] = []

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
    return new Split({ flag, rollout, reason, prerequisites }, bucketing)
  }

  private constructor(origin: SplitOrigin, bucketing: Bucketing) {
    this.rollout = origin.rollout
    this.bucketing = bucketing
    this.ends = endsOf(origin.rollout)
    this.#origin = origin
  }

  pick(run: Run): Evaluation {
    const value = bucket(run, this.bucketing)
    const { ends } = this
    for (let index = 0; index < ends.length; index += 1) {
      // Not `>=`: after a weight that is not a number every bound is NaN, and no comparison with NaN holds.
      if (!(value < (ends[index] as number))) continue
      run.trace?.rollout(this, value, index)
      const isInside = partOf(run.context, this.bucketing.contextKind) !== undefined
      return this.#result(2 * index + (isInside ? 1 : 0))
    }
    // If the weights sum to less than 100 %, the last bucket takes the rest.
    const last = ends.length - 1
    run.trace?.rollout(this, value, last)
    return this.#result(2 * last + 1)
  }

  #result(slot: number): Evaluation {
    this.#results[slot] ??= this.#compile(slot)
    return this.#results[slot]
  }

  #compile(slot: number): Evaluation {
    const { flag, rollout, reason, prerequisites } = this.#origin
    const share: unknown = rollout.variations[slot >> 1]
    if (!isJsonObject(share)) return malformed(flag, prerequisites)
    const isTracked = slot % 2 === 1 && rollout.kind === 'experiment' && !share.untracked
    const shown: Reason = isTracked ? Object.freeze({ ...reason, inExperiment: true }) : reason
    return variation(flag, share.variation, shown, prerequisites)
  }
}

/** Returns the bounds of the buckets. Sums weights as the official SDK does, rounding included. A malformed one takes the rest. */
function endsOf({ variations }: Rollout): readonly number[] {
  const ends: number[] = []
  let end = 0
  for (const share of variations) {
    if (!isJsonObject(share)) return [...ends, Infinity]
    end += typeof share.weight === 'number' ? share.weight / 100_000 : Number.NaN
    ends.push(end)
  }
  return ends
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
