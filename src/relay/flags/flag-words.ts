import { targetsInOrder } from '../../evaluation/compiled-flag.ts'
import { listOf } from '../../evaluation/lists.ts'
import type { FlagReader } from '../../evaluation/run.ts'
import type { Flag } from '../../model/flag.ts'
import { isJsonObject } from '../../model/json.ts'
import { clausesWords } from './clause-words.ts'
import { keyOf, listed, name, type Sentence, sentence, value } from './sentence.ts'
import { percentage, servingWords, variationWords } from './serving-words.ts'

/** A step of the evaluation of a flag, in words. */
export interface TargetingStep {
  readonly type: 'off' | 'prerequisite' | 'target' | 'rule' | 'fallthrough' | 'more'
  readonly words: Sentence
}

/** Steps of one kind that are written out; a last step counts the others. */
const MAX_STEPS = 100

/** Returns one sentence for each step, in the order of evaluation. Never throws, whatever the data has. */
export function targetingSteps(flag: Flag, reader: Pick<FlagReader, 'flag'>): readonly TargetingStep[] {
  const { variations } = flag
  const prerequisites = stepsOf('prerequisite', flag.prerequisites, (each) => prerequisiteWords(each, reader))
  const targets = stepsOf('target', targetsInOrder(flag), (each) => targetWords(variations, each))
  const rules = stepsOf('rule', flag.rules, (rule) => ruleWords(variations, rule))
  const isFirst = targets.length + rules.length === 0
  const fallthrough = servingWords(variations, flag.fallthrough)
  return [
    { type: 'off', words: sentence`While the flag is off, everyone → ${offWords(flag)}.` },
    ...prerequisites,
    ...targets,
    ...rules,
    { type: 'fallthrough', words: sentence`${isFirst ? 'Everyone' : 'Everyone else'} → ${fallthrough}.` },
  ]
}

function stepsOf(
  type: TargetingStep['type'],
  list: unknown,
  write: (element: unknown) => Sentence,
): readonly TargetingStep[] {
  const all = listOf(list)
  const steps = all.slice(0, MAX_STEPS).map((element): TargetingStep => ({ type, words: write(element) }))
  const rest = all.length - steps.length
  if (rest === 0) return steps
  return [...steps, { type: 'more', words: [`${rest.toLocaleString('en')} more steps of this kind.`] }]
}

/** Returns the variation that the flag has while it is off, or after a prerequisite failed. */
export function offWords({ variations, offVariation }: Flag): Sentence {
  return offVariation === undefined || offVariation === null
    ? ['no variation: SDKs use the fallback value of the application']
    : variationWords(variations, offVariation)
}

function prerequisiteWords(prerequisite: unknown, reader: Pick<FlagReader, 'flag'>): Sentence {
  if (!isJsonObject(prerequisite) || typeof prerequisite.key !== 'string')
    return ['A malformed prerequisite.']
  const { key, variation } = prerequisite
  const required = reader.flag(key)
  if (!required)
    return sentence`Flag ${keyOf('flag', key)}, which does not exist, is required; so everyone gets the off variation.`
  const wanted = variationWords(required.variations, variation)
  return sentence`Flag ${keyOf('flag', key)} must be on with ${wanted}; otherwise the off variation applies.`
}

function targetWords(variations: unknown, target: unknown): Sentence {
  if (!isJsonObject(target) || !Array.isArray(target.values ?? [])) return ['A malformed list of targets.']
  const keys = (target.values ?? []) as readonly unknown[]
  const { contextKind } = target
  const kind = contextKind === undefined || contextKind === null ? 'user' : contextKind
  const count = `${keys.length.toLocaleString('en')} `
  const noun = keys.length === 1 ? 'key' : 'keys'
  const list = keys.length === 0 ? [] : sentence`: ${listed(keys, 'and', value)}`
  const serves = variationWords(variations, target.variation)
  return sentence`${count}${name(kind)} ${noun} → ${serves}${list}.`
}

function ruleWords(variations: unknown, rule: unknown): Sentence {
  if (!isJsonObject(rule)) return ['A malformed rule.']
  const serves = servingWords(variations, rule)
  const { clauses } = rule
  if (clauses === undefined || clauses === null)
    return sentence`Never, because there are no conditions → ${serves}.`
  if (!Array.isArray(clauses)) return ['A rule with malformed conditions.']
  if (clauses.length === 0) return sentence`Always → ${serves}.`
  return sentence`If ${clausesWords(clauses)} → ${serves}.`
}

/** Returns the targeting in a few words, for a list: `Off: false`, or `2 rules, otherwise 20% true, 80% false`. */
export function summaryWords(flag: Flag): Sentence {
  const { variations, fallthrough } = flag
  if (!flag.on) return sentence`Off: ${briefVariation(variations, flag.offVariation)}`
  const conditions = [
    countOf(listOf(flag.prerequisites).length, 'prerequisite'),
    countOf(targetCount(flag), 'target'),
    countOf(listOf(flag.rules).length, 'rule'),
  ].filter((text) => text !== '')
  const served = briefServing(variations, fallthrough)
  if (conditions.length === 0) return sentence`${served} for everyone`
  return sentence`${conditions.join(', ')}, otherwise ${served}`
}

/** Returns the number of keys that have a variation of their own. */
function targetCount(flag: Flag): number {
  const sizes = targetsInOrder(flag).map((target) =>
    isJsonObject(target) ? listOf(target.values).length : 0,
  )
  return sizes.reduce((total, size) => total + size, 0)
}

function countOf(count: number, noun: string): string {
  return count === 0 ? '' : `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
}

function briefServing(variations: unknown, serving: unknown): Sentence {
  if (!isJsonObject(serving)) return ['nothing']
  const { variation, rollout } = serving
  if (variation !== undefined && variation !== null) return briefVariation(variations, variation)
  if (!isJsonObject(rollout) || !Array.isArray(rollout.variations)) return ['nothing']
  return listed(rollout.variations as readonly unknown[], 'and', (share) =>
    isJsonObject(share)
      ? sentence`${percentage(share.weight)} ${briefVariation(variations, share.variation)}`
      : ['a malformed share'],
  )
}

function briefVariation(variations: unknown, index: unknown): Sentence {
  if (index === undefined || index === null) return ['no value']
  const isKnown = Array.isArray(variations) && Number.isInteger(index) && Number(index) in variations
  return isKnown ? [value(variations[Number(index)])] : ['a variation that does not exist']
}
