import type {
  AttributeClause,
  ClauseCause,
  Excerpt,
  ExplainedBigSegment,
  ExplainedBucket,
  ExplainedClause,
  ExplainedOutcome,
  ExplainedSegment,
  ExplainedSegmentRule,
  SegmentDecision,
} from '../../evaluation/explained-clause.ts'
import { quoted } from '../inspect/format.ts'
import type { Page, Sign } from './page.ts'
import { idText } from './reason-text.ts'

export const SIGN_OF: Readonly<Record<ExplainedOutcome, Sign>> = {
  matched: 'yes',
  'not matched': 'no',
  malformed: 'error',
  'not evaluated': 'skipped',
}

export function printClauses(page: Page, depth: number, { items, total }: Excerpt<ExplainedClause>): void {
  for (const clause of items) printClause(page, depth, clause)
  printOmitted(page, depth, total - items.length)
}

export function printOmitted(page: Page, depth: number, count: number): void {
  if (count > 0) page.add(depth, 'skipped', `… and ${count} more`)
}

/** Returns a value of data or of a context as text. */
export function valueText(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing'
}

/** Returns a weight in percent. */
export function share(weight: unknown): string {
  return typeof weight === 'number' ? `${weight / 1_000} %` : `weight ${valueText(weight)}`
}

function printClause(page: Page, depth: number, clause: ExplainedClause): void {
  const { outcome } = clause
  const sign = SIGN_OF[outcome]
  switch (clause.type) {
    case 'malformed':
      page.add(depth, sign, outcome === 'malformed' ? 'malformed clause' : 'malformed clause: not evaluated')
      return
    case 'attribute':
      page.add(depth, sign, `${outcome}: ${attributeText(clause)}`)
      return
    case 'segments': {
      const { segments, negate } = clause
      const which = segments.total === 1 ? 'the segment' : `any of ${segments.total} segments`
      page.add(depth, sign, `${outcome}: the context is ${negate ? 'not ' : ''}in ${which}`)
      for (const segment of segments.items) printSegment(page, depth + 1, segment)
      printOmitted(page, depth + 1, segments.total - segments.items.length)
      return
    }
    default:
      clause satisfies never
  }
}

const CAUSES: Readonly<Record<ClauseCause, string>> = {
  'no such kind': 'the context has no part of this kind',
  'no such attribute': 'the context does not have the attribute',
  'unknown operator': 'the operator is unknown',
  'wrong type': 'the operator does not apply to this value',
  'no usable values': 'the operator applies to none of the values of the clause',
  'malformed reference': 'the name of the attribute is not valid',
}

function attributeText(clause: AttributeClause): string {
  const { contextKind, attribute, operator, values, negate, seen, cause, refusedPattern } = clause
  const list = values.items.map(valueText).join(', ')
  const more = values.total > values.items.length ? `, … (${values.total} values)` : ''
  const facts = [
    seen?.type === 'value' && `it is ${valueText(seen.value)}`,
    cause && CAUSES[cause],
    refusedPattern && `the pattern ${valueText(refusedPattern.pattern)} is refused: ${refusedPattern.reason}`,
  ].filter(Boolean)
  const test = `${contextKind} ${attribute} ${negate ? 'not ' : ''}${operator} ${list}${more}`
  return facts.length === 0 ? test : `${test}; ${facts.join('; ')}`
}

const SEGMENTS: Readonly<Record<ExplainedSegment['outcome'], readonly [Sign, string]>> = {
  member: ['yes', 'has the context'],
  'not a member': ['no', 'does not have the context'],
  missing: ['no', 'does not exist'],
  circle: ['error', 'refers to itself, or segments are nested too deep, so the flag is malformed'],
  malformed: ['error', 'is malformed, so the flag is malformed'],
  'not evaluated': ['skipped', 'not evaluated'],
}

const DECISIONS: Readonly<Record<SegmentDecision, string>> = {
  included: 'the key is included',
  excluded: 'the key is excluded',
  rule: 'a rule matches',
  'no rule': 'no list has the key and no rule matches',
  'no key': 'the context has no key of this kind',
  'no generation': 'the big segment was never written',
}

function printSegment(page: Page, depth: number, segment: ExplainedSegment): void {
  const { key, version, outcome, decidedBy, bigSegment, rules } = segment
  const [sign, text] = SEGMENTS[outcome]
  const name = typeof key === 'string' ? quoted(key) : valueText(key)
  const suffix = version === undefined ? '' : ` (version ${version})`
  page.add(
    depth,
    sign,
    `segment ${name}${suffix}: ${text}${decidedBy === undefined ? '' : `, because ${DECISIONS[decidedBy]}`}`,
  )
  if (bigSegment) page.note(depth, bigSegmentText(bigSegment))
  if (!rules) return
  for (const rule of rules.items) printSegmentRule(page, depth + 1, rule)
  printOmitted(page, depth + 1, rules.total - rules.items.length)
}

function bigSegmentText({
  contextKind,
  contextKey,
  reference,
  status,
  membership,
}: ExplainedBigSegment): string {
  const answer = membership === null ? 'no answer' : membership ? 'included' : 'excluded'
  const facts = [
    contextKey === null ? `no ${contextKind}` : `${contextKind} ${quoted(contextKey)}`,
    reference !== null && `in ${quoted(reference)}: ${answer}`,
    status !== null && `status ${status}`,
  ]
  return `big segment: ${facts.filter(Boolean).join(', ')}`
}

function printSegmentRule(page: Page, depth: number, rule: ExplainedSegmentRule): void {
  const { index, id, outcome, clauses, rollout } = rule
  page.add(depth, SIGN_OF[outcome], `rule ${index}${idText(id)}: ${outcome}`)
  printClauses(page, depth + 1, clauses)
  if (rollout) page.note(depth + 1, `share of ${share(rollout.weight)}: ${bucketText(rollout)}`)
}

/** Returns the bucket and its origin as a sentence. */
export function bucketText(explained: ExplainedBucket): string {
  const { contextKind, attribute, seen, prefix, prefixFrom, bucket, hashed } = explained
  const value = seen.type === 'value' ? valueText(seen.value) : 'absent'
  const name = `${contextKind} ${attribute}`
  if (!hashed) return `Bucket 0: ${name} is ${value}, neither a text nor an integer.`
  const origin = prefixFrom === 'seed' ? 'seed' : 'key and salt'
  return `Bucket ${Number(bucket.toFixed(6))}: the hash of ${valueText(prefix)} (${origin}) and ${name} ${value}.`
}
