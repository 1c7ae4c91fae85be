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
