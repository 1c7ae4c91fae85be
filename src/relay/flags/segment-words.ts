import { listOf } from '../../evaluation/lists.ts'
import type { Segment } from '../../model/flag.ts'
import { isJsonObject } from '../../model/json.ts'
import { attributeWords, clausesWords } from './clause-words.ts'
import { listed, name, type Sentence, sentence, value } from './sentence.ts'
import { percentage } from './serving-words.ts'

/** Steps that are written out; a last one counts the others. */
const MAX_STEPS = 100

/** Returns one sentence for each step of the membership in a segment, in the order of evaluation. Never throws. */
export function segmentSteps(segment: Segment): readonly Sentence[] {
  const rules = listOf(segment.rules).map((rule) => ruleWords(rule))
  const members = segment.unbounded
    ? [bigSegmentWords(segment)]
    : [
        ...membersWords('included', segment.included, segment.includedContexts),
        ...membersWords('excluded', segment.excluded, segment.excludedContexts),
      ]
  const steps = [...members, ...rules]
  const none: Sentence = [steps.length === 0 ? 'It has no members.' : 'No other contexts are in the segment.']
  const rest = steps.length - MAX_STEPS
  return rest > 0
    ? [...steps.slice(0, MAX_STEPS), [`${rest.toLocaleString('en')} more steps.`]]
    : [...steps, none]
}

/** Returns the content of a segment in a few words, for a list. */
export function segmentSummary(segment: Segment): Sentence {
  const rules = listOf(segment.rules).length
  if (segment.unbounded) return rules === 0 ? ['Big segment'] : [`Big segment, ${countOf(rules, 'rule')}`]
  const counts = [
    countOf(sizeOf(segment.included, segment.includedContexts), 'included key'),
    countOf(sizeOf(segment.excluded, segment.excludedContexts), 'excluded key'),
    countOf(rules, 'rule'),
  ].filter((text) => text !== '')
  return [counts.length === 0 ? 'No members' : counts.join(', ')]
}

function countOf(count: number, noun: string): string {
  return count === 0 ? '' : `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
}

function sizeOf(keys: unknown, targets: unknown): number {
  const sizes = listOf(targets).map((target) => (isJsonObject(target) ? listOf(target.values).length : 0))
  return listOf(keys).length + sizes.reduce((total, size) => total + size, 0)
}

function bigSegmentWords({ unboundedContextKind, generation }: Segment): Sentence {
  const kind = name(unboundedContextKind || 'user')
  return generation
    ? sentence`Big segment: the members are ${kind} keys in a separate store, generation ${name(generation)}.`
    : sentence`Big segment without a generation: it has no members of kind ${kind} yet.`
}

function membersWords(state: string, keys: unknown, targets: unknown): readonly Sentence[] {
  // As in the evaluation, targets come before the keys of users.
  const lists = [...listOf(targets), { contextKind: 'user', values: keys ?? [] }]
  return lists.flatMap((list) => {
    if (!isJsonObject(list) || !Array.isArray(list.values ?? []))
      return [[`A malformed list of ${state} keys.`]]
    const values = (list.values ?? []) as readonly unknown[]
    if (values.length === 0) return []
    const kind = name(list.contextKind ?? 'user')
    const count = `${values.length.toLocaleString('en')} `
    return [
      sentence`${count}${kind} ${values.length === 1 ? 'key is' : 'keys are'} ${state}: ${listed(values, 'and', value)}.`,
    ]
  })
}

function ruleWords(rule: unknown): Sentence {
  if (!isJsonObject(rule)) return ['A malformed rule.']
  const { clauses, weight, bucketBy, rolloutContextKind } = rule
  if (clauses === undefined || clauses === null) return ['A rule without conditions, which never matches.']
  if (!Array.isArray(clauses)) return ['A rule with malformed conditions.']
  const by = attributeWords(bucketBy || 'key', rolloutContextKind)
  const included =
    weight === undefined || weight === null
      ? ['included']
      : sentence`included for ${percentage(weight)} of contexts, split by ${by}`
  return clauses.length === 0
    ? sentence`Every context → ${included}.`
    : sentence`If ${clausesWords(clauses)} → ${included}.`
}
