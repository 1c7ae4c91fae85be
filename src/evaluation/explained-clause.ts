import type { BigSegmentsStatus } from './detail.ts'

/** A list, shortened if it is long. */
export interface Excerpt<T> {
  /** All elements; of a long list the first ones, and the last one that was evaluated. */
  readonly items: readonly T[]
  /** The number of elements of the whole list. */
  readonly total: number
}

/** `malformed`: the data is invalid, so the flag as a whole is malformed. `not evaluated`: an earlier part decided. */
export type ExplainedOutcome = 'matched' | 'not matched' | 'malformed' | 'not evaluated'

/** One clause of a rule. A negated clause matches if the others would not; `outcome` takes that into account. */
export type ExplainedClause = AttributeClause | SegmentClause | MalformedClause

/** A test of an attribute of the context. */
export interface AttributeClause {
  readonly type: 'attribute'
  /** The kind of context that has the attribute. */
  readonly contextKind: string
  /** The attribute, or a path such as `/address/city`. */
  readonly attribute: string
  /** The operator, for example `in` or `startsWith`. */
  readonly operator: string
  /** The values of the clause, of which one must match. */
  readonly values: Excerpt<unknown>
  /** True if the clause matches when no value does. */
  readonly negate: boolean
  /** The value of the attribute. Absent if the clause was not evaluated or is malformed. */
  readonly seen?: SeenValue
  /** The outcome of the clause, with `negate` taken into account. */
  readonly outcome: ExplainedOutcome
  /** Why the clause cannot match whatever the other values are. Absent if the values were compared. */
  readonly cause?: ClauseCause
  /** The first pattern of the clause that cannot be used and therefore never matches. */
  readonly refusedPattern?: { readonly pattern: string; readonly reason: string }
}

/**
 * The cause of a clause that could not compare anything.
 * - `no such kind`: the context has no part of the kind.
 * - `no such attribute`: the context does not have the attribute, or it is null. Even a negated clause does not match.
 * - `unknown operator`: no value matches.
 * - `wrong type`: the operator does not apply to the attribute's value, for example `lessThan` to a text.
 * - `no usable values`: the clause has no value that the operator applies to.
 * - `malformed reference`: the attribute's name is not valid.
 */
export type ClauseCause =
  | 'no such kind'
  | 'no such attribute'
  | 'unknown operator'
  | 'wrong type'
  | 'no usable values'
  | 'malformed reference'

/** A value of the context as the evaluation saw it. `null` counts as absent. */
export type SeenValue = { readonly type: 'value'; readonly value: unknown } | { readonly type: 'absent' }

/** A test whether the context is in any of several segments (operator `segmentMatch`). */
export interface SegmentClause {
  readonly type: 'segments'
  /** True if the clause matches when the context is in none of the segments. */
  readonly negate: boolean
  /** The segments in the order of the clause. Those after the first with the context were not evaluated. */
  readonly segments: Excerpt<ExplainedSegment>
  /** The outcome of the clause, with `negate` taken into account. */
  readonly outcome: ExplainedOutcome
}

/** A clause that is not valid data, for example text in the place of an object. */
export interface MalformedClause {
  readonly type: 'malformed'
  /** The outcome: `malformed`, or `not evaluated` if an earlier clause did not match. */
  readonly outcome: 'malformed' | 'not evaluated'
}

/**
 * One segment of a clause.
 * - `member`, `not a member`: whether the context is in the segment; `decidedBy` has the reason.
 * - `missing`: the segment does not exist, so it has no members.
 * - `circle`: the segment refers to itself, or segments are nested too deep, so the flag is malformed.
 */
export interface ExplainedSegment {
  /** The key; other data is shown as it is. */
  readonly key: unknown
  /** The version of the segment. Absent if the segment does not exist or was not evaluated. */
  readonly version?: number
  /** Present if the segment comes from the overrides of the client. */
  readonly overridden?: true
  /** The outcome for the context, as listed above. */
  readonly outcome: 'member' | 'not a member' | 'missing' | 'circle' | 'malformed' | 'not evaluated'
  /** The part of the segment that determined the membership. Absent if the segment was not evaluated. */
  readonly decidedBy?: SegmentDecision
  /** The use of the store of big segments. Absent for other segments. */
  readonly bigSegment?: ExplainedBigSegment
  /** The rules, up to the one that matches. Absent if they were not evaluated. */
  readonly rules?: Excerpt<ExplainedSegmentRule>
}

/**
 * The part of a segment that determined the membership.
 * - `included`, `excluded`: the list of the segment that has the key, or the store of big segments.
 * - `rule`: the last rule in `rules` matches.
 * - `no rule`: the context is in no list, and no rule matches.
 * - `no key`: the segment is a big segment, and the context has no key of its kind.
 * - `no generation`: the big segment was never written to the store.
 */
export type SegmentDecision = 'included' | 'excluded' | 'rule' | 'no rule' | 'no key' | 'no generation'

/** The use of the store of big segments for one segment. */
export interface ExplainedBigSegment {
  /** The kind of context whose members the segment lists. */
  readonly contextKind: string
  /** The key of the context that was looked up; `null` if the context has no such kind. */
  readonly contextKey: string | null
  /** The name of the segment in the store; `null` without a generation. */
  readonly reference: string | null
  /** The status of the store; `null` if it was not needed. */
  readonly status: BigSegmentsStatus | null
  /** The answer of the store: `true` for included, `false` for excluded, `null` for neither or no answer. */
  readonly membership: boolean | null
}

/** One rule of a segment. It matches if all clauses match, and the context is in the share of its rollout. */
export interface ExplainedSegmentRule {
  /** The index in the rules of the segment, from 0. */
  readonly index: number
  /** The ID of the rule. Absent if it has none. */
  readonly id?: string
  /** The outcome of the rule. */
  readonly outcome: ExplainedOutcome
  /** The clauses, up to the first that does not match. */
  readonly clauses: Excerpt<ExplainedClause>
  /** The share of matching contexts that are members. Absent for all, and if the clauses do not match. */
  readonly rollout?: ExplainedBucket & {
    /** In thousandths of a percent, from 0 to 100,000, as in the data. */
    readonly weight: unknown
  }
}

/** The bucket of a context, which is computed from a hash of an attribute. */
export interface ExplainedBucket {
  /** The kind of context that is divided. */
  readonly contextKind: string
  /** The attribute that determines the bucket. */
  readonly attribute: string
  /** The value of the attribute, from which the bucket is computed. */
  readonly seen: SeenValue
  /**
   * The text before the value in the hashed text: `SEED.`, or `KEY.SALT.` of the flag or segment, for example
   * `new-checkout.b1f3.`.
   */
  readonly prefix: string
  /** `seed` if the rollout has one, otherwise `salt`. */
  readonly prefixFrom: 'seed' | 'salt'
  /** From 0 to 1. */
  readonly bucket: number
  /** False if the value is neither a text nor an integer: the bucket is 0 then. */
  readonly hashed: boolean
}
