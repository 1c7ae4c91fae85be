import type {
  AttributeClause,
  ClauseCause,
  ExplainedBucket,
  ExplainedClause,
  ExplainedSegment,
  ExplainedSegmentRule,
  SeenValue,
  SegmentDecision,
} from '../../evaluation/explained-clause.ts'
import { attributeWords, clauseWords } from './clause-words.ts'
import { type ExplainedLine, excerptLines, LINE_OUTCOMES, lineOf } from './explained-line.ts'
import { keyOf, name, type Sentence, sentence, value } from './sentence.ts'
import { percentage } from './serving-words.ts'

/** Returns the line of one condition: what was wanted, and what the context has. */
export function clauseLine(clause: ExplainedClause): ExplainedLine {
  switch (clause.type) {
    case 'attribute':
      return lineOf(LINE_OUTCOMES[clause.outcome], attributeClauseWords(clause))
    case 'segments': {
      const { negate, segments } = clause
      const words = clauseWords({ op: 'segmentMatch', negate, values: valuesOf(segments, ({ key }) => key) })
      return lineOf(LINE_OUTCOMES[clause.outcome], words, excerptLines(segments, 'segments', segmentLine))
    }
    case 'malformed':
      return lineOf(LINE_OUTCOMES[clause.outcome], ['A malformed condition.'])
    default:
      return clause satisfies never
  }
}

function attributeClauseWords(clause: AttributeClause): Sentence {
  const { contextKind, attribute, operator, negate, seen, cause, refusedPattern } = clause
  const values = valuesOf(clause.values, (each) => each)
  const wanted = clauseWords({ contextKind, attribute, op: operator, negate, values })
  const found = seen && cause !== 'no such kind' ? sentence` – the context has ${seenWords(seen)}` : []
  // Without negation, the missing attribute is reason enough.
  const isPlain = cause === 'no such attribute' && !negate
  const why = cause && !isPlain ? sentence` (${CAUSES[cause]})` : []
  const pattern = refusedPattern
    ? sentence`; the pattern ${value(refusedPattern.pattern)} cannot be used: ${name(refusedPattern.reason)}`
    : []
  return sentence`${wanted}${found}${why}${pattern}`
}

const CAUSES: Readonly<Record<ClauseCause, string>> = {
  'no such kind': 'the context has no part of this kind',
  'no such attribute': 'even a negated condition does not match without a value',
  'unknown operator': 'the operator is unknown',
  'wrong type': 'the operator does not apply to a value of this type',
  'no usable values': 'the condition has no value that the operator applies to',
  'malformed reference': 'the name of the attribute is invalid',
}

function seenWords(seen: SeenValue): Sentence {
  return seen.type === 'absent' ? ['no such attribute'] : [value(seen.value)]
}

/** Returns a list with the length of the whole list, of which only the first elements are known and will be written. */
function valuesOf<T>(
  { items, total }: { readonly items: readonly T[]; readonly total: number },
  read: (item: T) => unknown,
): readonly unknown[] {
  const values: unknown[] = items.map(read)
  values.length = total
  return values
}

const SEGMENT_OUTCOMES: Readonly<Record<ExplainedSegment['outcome'], ExplainedLine['outcome']>> = {
  member: 'yes',
  'not a member': 'no',
  missing: 'no',
  circle: 'problem',
  malformed: 'problem',
  'not evaluated': 'skipped',
}

const DECISIONS: Readonly<Record<SegmentDecision, string>> = {
  included: 'the key is included',
  excluded: 'the key is excluded',
  rule: 'a rule matches',
  'no rule': 'the key is not listed, and no rule matches',
  'no key': 'the context has no key of the kind of this big segment',
  'no generation': 'the big segment was never written to its store',
}

function segmentLine({ key, outcome, decidedBy, bigSegment, rules }: ExplainedSegment): ExplainedLine {
  const segment = keyOf('segment', key)
  const texts: Readonly<Record<ExplainedSegment['outcome'], string>> = {
    member: 'contains the context',
    'not a member': 'does not contain the context',
    missing: 'does not exist, so it has no members',
    circle: 'refers to itself, or segments are nested too deep',
    malformed: 'is malformed',
    'not evaluated': 'was not evaluated',
  }
  const why = decidedBy ? `: ${DECISIONS[decidedBy]}` : ''
  const store = bigSegment?.status ? ` (store of big segments: ${bigSegment.status})` : ''
  const lines = rules ? excerptLines(rules, 'rules', segmentRuleLine) : []
  return lineOf(
    SEGMENT_OUTCOMES[outcome],
    sentence`Segment ${segment} ${texts[outcome]}${why}${store}.`,
    lines,
  )
}

function segmentRuleLine({ index, outcome, clauses, rollout }: ExplainedSegmentRule): ExplainedLine {
  const rule = `Rule ${index + 1} of the segment`
  const share = rollout ? sentence`, for ${percentage(rollout.weight)}: ${rollingWords(rollout)}` : []
  const verb =
    outcome === 'matched' ? 'matches' : outcome === 'not matched' ? 'does not match' : `is ${outcome}`
  return lineOf(
    LINE_OUTCOMES[outcome],
    sentence`${rule} ${verb}${share}.`,
    excerptLines(clauses, 'conditions', clauseLine),
  )
}

/** Returns how the bucket of a context was determined. */
export function rollingWords({
  contextKind,
  attribute,
  seen,
  prefix,
  bucket,
  hashed,
}: ExplainedBucket): Sentence {
  const of = attributeWords(attribute, contextKind)
  const position = `${(bucket * 100).toFixed(3)}%`
  if (!hashed) return sentence`${of} is ${seenWords(seen)}, which has no bucket, so the context is at 0%`
  return sentence`${of} ${seenWords(seen)} has the bucket ${position}, the hash of ${value(prefix)} and the value`
}
