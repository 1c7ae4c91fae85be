import { exposed } from '../model/exposed.ts'
import type { Flag } from '../model/flag.ts'
import type { Refusal } from './pattern.ts'
import type { Trace } from './trace.ts'

/**
 * The cause of a failed evaluation: there is no data yet, the flag does not exist, its data is malformed, the context is
 * invalid, another error occurred, or the value does not have the type of the method.
 */
export type ErrorKind =
  | 'CLIENT_NOT_READY'
  | 'FLAG_NOT_FOUND'
  | 'MALFORMED_FLAG'
  | 'USER_NOT_SPECIFIED'
  | 'EXCEPTION'
  | 'WRONG_TYPE'

/**
 * The reason for a value. `inExperiment` is present only if it is true.
 *
 * @example
 * ```ts
 * const reasons: Reason[] = [
 *   { kind: 'RULE_MATCH', ruleIndex: 0, ruleId: 'f6a2' },
 *   { kind: 'ERROR', errorKind: 'FLAG_NOT_FOUND' },
 * ]
 * ```
 */
export type Reason = (
  | { readonly kind: 'OFF' }
  | { readonly kind: 'FALLTHROUGH'; readonly inExperiment?: true }
  | { readonly kind: 'TARGET_MATCH' }
  | {
      readonly kind: 'RULE_MATCH'
      readonly ruleIndex: number
      readonly ruleId?: string
      readonly inExperiment?: true
    }
  | { readonly kind: 'PREREQUISITE_FAILED'; readonly prerequisiteKey: string }
  | { readonly kind: 'ERROR'; readonly errorKind: ErrorKind }
) & {
  /** The worst status of the big segments that the evaluation reached. Present only if there was one. */
  readonly bigSegmentsStatus?: BigSegmentsStatus
  /** Present if the evaluation used an override: for the flag, for a prerequisite or for a segment. */
  readonly overridden?: true
}

/**
 * The status of the store of big segments during an evaluation.
 * - `HEALTHY`: the store answered, and its data is current.
 * - `STALE`: the store answered, but its data was not synchronized for some time.
 * - `STORE_ERROR`: the store does not answer. The rules of the segments decide, or a membership that is still cached.
 * - `NOT_CONFIGURED`: there is no store, or the segment has no generation.
 */
export type BigSegmentsStatus = 'HEALTHY' | 'STALE' | 'STORE_ERROR' | 'NOT_CONFIGURED'

/** The value of a flag with the reason for it. */
export interface Detail<T = unknown> {
  /** The value of the flag, or the fallback value of the caller. */
  readonly value: T
  /** The index of the value in the variations of the flag; `null` for a fallback value. */
  readonly variationIndex: number | null
  /** The reason for the value. */
  readonly reason: Reason
}

/**
 * The result of an evaluation, before fallback values apply. It is shared between calls, so it must not be changed or
 * returned to users.
 */
export interface Evaluation {
  readonly value: unknown
  readonly variationIndex: number | null
  readonly reason: Reason
  /** The flag; absent if it does not exist, or if there is no data. */
  readonly flag?: Flag
  /** Keys of the flag's direct prerequisites that were evaluated, in order. */
  readonly prerequisites: readonly string[]
  /** The evaluations of all prerequisites, each before the one that required it. Present only if they were recorded. */
  readonly recorded?: readonly PrerequisiteEvaluation[]
  /** The steps of the evaluation. Present only if they were traced. */
  readonly trace?: Trace
  /** The first refused pattern in the flag or in one that it depends on. */
  readonly refusal?: Refusal
  /** The context key whose big segments must be queried before the flag can be evaluated. All other members are void then. */
  readonly missingMembership?: string
}

/** The evaluation of a flag as a prerequisite of another flag. */
export interface PrerequisiteEvaluation {
  readonly key: string
  readonly flag: Flag
  readonly evaluation: Evaluation
  /** The key of the flag that required it. */
  readonly prereqOf: string
}

export const NO_KEYS: readonly string[] = Object.freeze([])

/** The evaluation while there is no data. */
export const NOT_READY: Evaluation = failure('CLIENT_NOT_READY')
/** The evaluation if the database that has the data cannot be read. */
export const UNREADABLE: Evaluation = failure('EXCEPTION')
export const FLAG_NOT_FOUND: Evaluation = failure('FLAG_NOT_FOUND')
export const USER_NOT_SPECIFIED: Evaluation = failure('USER_NOT_SPECIFIED')
export const EXCEPTION: Evaluation = failure('EXCEPTION')
/** The evaluation of a flag with a pattern while the pattern engine is not loaded. */
export const NO_PATTERN_ENGINE: Evaluation = failure('EXCEPTION')

export const OFF: Reason = Object.freeze({ kind: 'OFF' })
export const FALLTHROUGH: Reason = Object.freeze({ kind: 'FALLTHROUGH' })
export const TARGET_MATCH: Reason = Object.freeze({ kind: 'TARGET_MATCH' })
const MALFORMED: Reason = Object.freeze({ kind: 'ERROR', errorKind: 'MALFORMED_FLAG' })

export function malformed(flag: Flag, prerequisites: readonly string[]): Evaluation {
  return Object.freeze({ value: undefined, variationIndex: null, reason: MALFORMED, prerequisites, flag })
}

/** Returns the variation at an index, or an evaluation with an error if the flag does not have it. */
export function variation(
  flag: Flag,
  index: unknown,
  reason: Reason,
  prerequisites: readonly string[],
): Evaluation {
  const { variations } = flag
  if (!Array.isArray(variations) || typeof index !== 'number' || !(index in variations)) {
    return malformed(flag, prerequisites)
  }
  const value = exposed(variations[index] as unknown)
  return Object.freeze({ value, variationIndex: index, reason, prerequisites, flag })
}

/** Returns the off variation, for a flag that is off or has a failed prerequisite. Without one the evaluation has no value. */
export function offVariation(flag: Flag, reason: Reason, prerequisites: readonly string[]): Evaluation {
  if (typeof flag.offVariation === 'number') return variation(flag, flag.offVariation, reason, prerequisites)
  return Object.freeze({ value: undefined, variationIndex: null, reason, prerequisites, flag })
}

function failure(errorKind: ErrorKind): Evaluation {
  const reason: Reason = Object.freeze({ kind: 'ERROR', errorKind })
  return Object.freeze({ value: undefined, variationIndex: null, reason, prerequisites: NO_KEYS })
}
