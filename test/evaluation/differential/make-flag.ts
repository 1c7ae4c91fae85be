import type { Random } from '../../support/random.ts'
import { type Draft, makeClause, ofKind } from './make-clause.ts'
import { index, makeChoice } from './make-rollout.ts'
import { FLAG_KEYS, KEYS, reachable, SEGMENT_KEYS } from './words.ts'

const VALUES: readonly unknown[] = [
  true,
  false,
  'red',
  'blue',
  '',
  0,
  1,
  2.5,
  null,
  { a: [1, { b: null }] },
  [],
  {},
]

/** Makes a flag as the service could send it, with every member that a flag may have. */
export function makeFlag(random: Random, key: string): Draft {
  const variations = Array.from({ length: random.pick([1, 2, 2, 2, 3, 4]) }, () => random.pick(VALUES))
  const flag: Draft = {
    key,
    version: 1,
    on: random.chance(0.9),
    salt: random.pick(['salt', 'pepper', '']),
    variations,
  }
  flag.fallthrough = makeChoice(random, variations.length)
  if (random.chance(0.8)) flag.offVariation = index(random, variations.length)
  else if (random.chance(0.5)) flag.offVariation = null
  // Some flags have one clause only, so that their results cover each operator.
  if (random.chance(0.3))
    return {
      ...flag,
      on: true,
      rules: [makeRule(random, variations.length, [makeClause(random, SEGMENT_KEYS)])],
    }
  if (random.chance(0.25))
    flag.prerequisites = listOf(random, [1, 1, 2, 3], () => makePrerequisite(random, key))
  if (random.chance(0.45))
    flag.targets = listOf(random, [1, 2, 2, 3], () => makeTarget(random, variations.length))
  if (random.chance(0.35))
    flag.contextTargets = listOf(random, [0, 1, 2, 3], () => makeContextTarget(random, variations.length))
  flag.rules = listOf(random, [0, 1, 1, 2, 3], () => {
    const clauses = listOf(random, [0, 1, 1, 1, 2, 2, 3], () => makeClause(random, SEGMENT_KEYS))
    return makeRule(random, variations.length, clauses)
  })
  for (const name of ['prerequisites', 'targets', 'contextTargets', 'rules', 'fallthrough', 'salt'])
    if (random.chance(0.01)) flag[name] = null
  if (random.chance(0.01)) flag.salt = undefined
  return flag
}

function listOf(random: Random, lengths: readonly number[], one: () => unknown): unknown[] {
  return Array.from({ length: random.pick(lengths) }, one)
}

function makePrerequisite(random: Random, of: string): Draft {
  return { key: random.pick(reachable(random, FLAG_KEYS, of)), variation: random.pick([0, 0, 0, 1, 1, 2]) }
}

function makeTarget(random: Random, variations: number): Draft {
  return { variation: index(random, variations), values: keys(random) }
}

function makeContextTarget(random: Random, variations: number): Draft {
  return { ...makeTarget(random, variations), ...ofKind(random, 0.85) }
}

function makeRule(random: Random, variations: number, clauses: unknown): Draft {
  const rule: Draft = { ...makeChoice(random, variations), clauses }
  if (random.chance(0.8)) rule.id = random.pick(['rule-1', 'rule-2', 'constructor', ''])
  if (random.chance(0.01)) rule.clauses = null
  return rule
}

function keys(random: Random): string[] {
  return Array.from({ length: random.int(0, 4) }, () => random.pick(KEYS))
}
