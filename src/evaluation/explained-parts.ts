import { isJsonObject } from '../model/json.ts'
import { type AttributeReference, type Bucketing, isHashed } from './attribute.ts'
import type { CompiledClause, Match } from './clause.ts'
import type { CompiledTarget } from './compiled-flag.ts'
import type { BigSegmentsStatus } from './detail.ts'
import { excerptOf, type GrowingList, MAX_ITEMS, shortened, shown } from './excerpt.ts'
import type {
  AttributeClause,
  ClauseCause,
  ExplainedBigSegment,
  ExplainedBucket,
  ExplainedClause,
  ExplainedOutcome,
  ExplainedSegment,
  ExplainedSegmentRule,
  SeenValue,
  SegmentDecision,
} from './explained-clause.ts'
import type { ExplainedArm, ExplainedTarget } from './explanation.ts'
import { mismatchOf } from './operators.ts'
import type { Split } from './rollout.ts'
import type { CompiledSegment } from './segments.ts'
import type { TracedRollout } from './traced-flag.ts'

export function outcomeOf(match: Match): ExplainedOutcome {
  return match === 'malformed' ? match : match ? 'matched' : 'not matched'
}

/** Returns the index and the identifier of a rule of a flag or segment, whose data may be malformed. */
export function identified(rules: unknown, index: number): { readonly index: number; readonly id?: string } {
  const id = (rules as readonly { readonly id?: unknown }[] | undefined)?.[index]?.id
  return { index, ...(typeof id === 'string' && { id: shortened(id) }) }
}

export const MALFORMED_TARGET: ExplainedTarget = {
  contextKind: 'user',
  contextKey: null,
  keys: 0,
  variationIndex: null,
  outcome: 'malformed',
}

export function explainedTarget(
  { contextKind, keys, result }: CompiledTarget,
  contextKey: string | undefined,
  match: Match,
): ExplainedTarget {
  return {
    contextKind: textOf(contextKind),
    contextKey: contextKey === undefined ? null : shortened(contextKey),
    keys: keys.length,
    variationIndex: result.variationIndex,
    outcome: outcomeOf(match),
  }
}

/** A value that the evaluation read from the context. */
export interface ReadValue {
  readonly value: unknown
  /** False if the context has no part of the kind. */
  readonly hasKind: boolean
}

/** Explains a clause other than `segmentMatch`. */
export function explainedClause(clause: CompiledClause, match: Match, read: ReadValue): ExplainedClause {
  const { refusal } = clause
  const cause = causeOf(clause, match, read)
  return {
    ...describedClause(clause),
    ...(match !== 'malformed' && { seen: seenOf(read.value) }),
    outcome: outcomeOf(match),
    ...(cause && { cause }),
    ...(refusal && {
      refusedPattern: { pattern: shortened(refusal.pattern), reason: shortened(refusal.reason) },
    }),
  }
}

function causeOf({ source }: CompiledClause, match: Match, read: ReadValue): ClauseCause | undefined {
  if (match === 'malformed') return 'malformed reference'
  if (isAbsent(read.value)) return read.hasKind ? 'no such attribute' : 'no such kind'
  return mismatchOf(source.op ?? '', read.value, source.values ?? [])
}

/** Explains a clause that was not evaluated. */
export function skippedClause(clause: CompiledClause | undefined): ExplainedClause {
  const outcome = 'not evaluated'
  if (clause === undefined) return { type: 'malformed', outcome }
  const { segments, negate } = clause
  if (segments === undefined) return { ...describedClause(clause), outcome }
  const items = excerptOf(segments).items.map(skippedSegment)
  return { type: 'segments', negate, segments: { items, total: segments.length }, outcome }
}

function describedClause({ source, contextKind, negate }: CompiledClause): Omit<AttributeClause, 'outcome'> {
  const { attribute, op, values } = source
  return {
    type: 'attribute',
    contextKind: textOf(contextKind),
    attribute: textOf(attribute),
    operator: textOf(op),
    values: excerptOf(values ?? []),
    negate,
  }
}

export function skippedSegment(key: unknown): ExplainedSegment {
  return { key: shown(key), outcome: 'not evaluated' }
}

/** A segment that is being evaluated. */
export interface TracedSegment {
  readonly key: string
  readonly compiled: CompiledSegment
  readonly rules: GrowingList<ExplainedSegmentRule>
  /** The key that is looked up in the store of big segments; an empty one is in no segment. */
  contextKey: string | undefined
  status: BigSegmentsStatus | null
}

/**
 * Explains a segment.
 *
 * @param listed - the answer of the lists or of the store of big segments; `undefined` if the rules decided.
 */
export function explainedSegment(
  traced: TracedSegment,
  listed: Match | undefined,
  match: Match,
): ExplainedSegment {
  const { key, compiled, rules } = traced
  const { version } = compiled.segment
  const bigSegment = bigSegmentOf(traced, listed)
  const decidedBy = decisionOf(bigSegment, listed, match)
  return {
    key: shortened(key),
    ...(typeof version === 'number' && { version }),
    outcome: match === 'malformed' ? match : match ? 'member' : 'not a member',
    ...(decidedBy && { decidedBy }),
    ...(bigSegment && { bigSegment }),
    ...(listed === undefined && { rules }),
  }
}

function bigSegmentOf(
  { compiled, contextKey, status }: TracedSegment,
  listed: Match | undefined,
): ExplainedBigSegment | undefined {
  const { unboundedKind, reference = null } = compiled
  if (unboundedKind === undefined) return undefined
  const isAnswer = typeof listed === 'boolean' && reference !== null && Boolean(contextKey)
  return {
    contextKind: textOf(unboundedKind),
    contextKey: contextKey ? shortened(contextKey) : null,
    reference,
    status,
    membership: isAnswer ? listed : null,
  }
}

function decisionOf(
  bigSegment: ExplainedBigSegment | undefined,
  listed: Match | undefined,
  match: Match,
): SegmentDecision | undefined {
  if (match === 'malformed') return undefined
  if (listed === undefined) return match ? 'rule' : 'no rule'
  if (bigSegment !== undefined && bigSegment.membership === null) {
    return bigSegment.contextKey === null ? 'no key' : 'no generation'
  }
  return listed ? 'included' : 'excluded'
}

/** A bucket with the value of the context that it was computed from. */
export interface ReadBucket {
  readonly bucket: number
  readonly seen: unknown
}

export function explainedBucket(bucketing: Bucketing, { bucket, seen }: ReadBucket): ExplainedBucket {
  const { contextKind, reference, prefix } = bucketing
  return {
    contextKind: textOf(contextKind),
    attribute: referenceText(reference),
    seen: seenOf(seen),
    prefix: shortened(prefix),
    prefixFrom: 'salt',
    bucket,
    hashed: isHashed(seen),
  }
}

export function explainedRollout(split: Split, chosen: number, read: ReadBucket): TracedRollout {
  const { rollout, bucketing, ends } = split
  const bucket = explainedBucket(bucketing, read)
  return {
    type: 'rollout',
    kind: rollout.kind === 'experiment' ? 'experiment' : 'rollout',
    ...bucket,
    prefixFrom: rollout.seed ? 'seed' : 'salt',
    arms: {
      items: ends.slice(0, MAX_ITEMS).map((_, index) => explainedArm(split, index)),
      total: ends.length,
    },
    chosen: explainedArm(split, chosen),
    chosenBy: read.bucket < (ends[chosen] as number) ? 'bucket' : 'rest',
  }
}

function explainedArm({ rollout, ends }: Split, index: number): ExplainedArm {
  const share: unknown = rollout.variations[index]
  const { variation = null, weight = null } = isJsonObject(share) ? share : {}
  return {
    index,
    variation: shown(variation),
    weight: shown(weight),
    from: index === 0 ? 0 : boundOf(ends[index - 1]),
    to: boundOf(ends[index]),
  }
}

function boundOf(end: number | undefined): number | null {
  return end !== undefined && Number.isFinite(end) ? end : null
}

function seenOf(value: unknown): SeenValue {
  return isAbsent(value) ? { type: 'absent' } : { type: 'value', value: shown(value) }
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null
}

/** Returns text from data that may have another type. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? shortened(value) : ''
}

function referenceText(reference: AttributeReference): string {
  if (typeof reference === 'string') return shortened(reference)
  return shortened(reference.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''))
}
