import { exposed } from '../model/exposed.ts'
import type { Flag } from '../model/flag.ts'
import type { Refusal } from './pattern.ts'

export type ErrorKind =
  | 'CLIENT_NOT_READY'
  | 'FLAG_NOT_FOUND'
  | 'MALFORMED_FLAG'
  | 'USER_NOT_SPECIFIED'
  | 'EXCEPTION'
  | 'WRONG_TYPE'

/** Why a value was chosen. `inExperiment` is there only when it is true. */
export type Reason = ReasonOfKind & {
  /** There only when a big segment was asked for: those are not supported, and count as empty but for their rules. */
  readonly bigSegmentsStatus?: 'NOT_CONFIGURED'
}

type ReasonOfKind =
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

/** A value and how it came about. */
export interface Detail<T = unknown> {
  readonly value: T
  /** Which variation of the flag; `null` when the value is the fallback. */
  readonly variationIndex: number | null
  readonly reason: Reason
}

/** What evaluation alone says. Shared between calls: not to be changed, nor handed to users as it is. */
export interface Evaluation {
  /** `undefined` when no variation was chosen. */
  readonly value: unknown
  readonly variationIndex: number | null
  readonly reason: Reason
  /** Keys of the flag's own prerequisites that were evaluated, in order. */
  readonly prerequisites: readonly string[]
  /** A pattern it met, here or in what the flag depends on, that never matches. Of several, the first. */
  readonly refusal?: Refusal
}

export const NO_KEYS: readonly string[] = Object.freeze([])

export const FLAG_NOT_FOUND: Evaluation = failure('FLAG_NOT_FOUND')
export const USER_NOT_SPECIFIED: Evaluation = failure('USER_NOT_SPECIFIED')
export const EXCEPTION: Evaluation = failure('EXCEPTION')
/** A pattern was met, and the engine that tries it is not loaded. */
export const NO_PATTERN_ENGINE: Evaluation = failure('EXCEPTION')

const MALFORMED = failure('MALFORMED_FLAG')

export const OFF: Reason = Object.freeze({ kind: 'OFF' })
export const FALLTHROUGH: Reason = Object.freeze({ kind: 'FALLTHROUGH' })
export const TARGET_MATCH: Reason = Object.freeze({ kind: 'TARGET_MATCH' })

export function malformed(prerequisites: readonly string[]): Evaluation {
  return prerequisites.length === 0 ? MALFORMED : Object.freeze({ ...MALFORMED, prerequisites })
}

/** The variation of that index, or an error when the flag has none. */
export function variation(
  flag: Flag,
  index: unknown,
  reason: Reason,
  prerequisites: readonly string[],
): Evaluation {
  const { variations } = flag
  if (!Array.isArray(variations) || typeof index !== 'number' || !(index in variations)) {
    return malformed(prerequisites)
  }
  const value = exposed(variations[index] as unknown)
  return Object.freeze({ value, variationIndex: index, reason, prerequisites })
}

/** What the flag is when it is off or a prerequisite failed; without an off variation it has no value. */
export function offVariation(flag: Flag, reason: Reason, prerequisites: readonly string[]): Evaluation {
  if (typeof flag.offVariation === 'number') return variation(flag, flag.offVariation, reason, prerequisites)
  return Object.freeze({ value: undefined, variationIndex: null, reason, prerequisites })
}

function failure(errorKind: ErrorKind): Evaluation {
  const reason: Reason = Object.freeze({ kind: 'ERROR', errorKind })
  return Object.freeze({ value: undefined, variationIndex: null, reason, prerequisites: NO_KEYS })
}
