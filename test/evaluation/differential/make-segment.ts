import type { Random } from '../../support/random.ts'
import { type Draft, makeClause, ofKind } from './make-clause.ts'
import { makeBucketBy } from './make-rollout.ts'
import { KEYS, KINDS, ODD_KINDS, reachable, SEGMENT_KEYS } from './words.ts'

/** Makes a segment as the service could send it; some include more than a hundred keys. */
export function makeSegment(random: Random, key: string): Draft {
  const segment: Draft = { key, version: 1, salt: random.pick(['salt', 'segment', '']) }
  const others = reachable(random, SEGMENT_KEYS, key)
  if (random.chance(0.05)) return { ...segment, ...big(random) }
  if (random.chance(0.2)) return { ...segment, rules: [{ clauses: [asking(random, others)] }] }
  if (random.chance(0.35)) segment.included = keys(random)
  if (random.chance(0.35)) segment.excluded = keys(random)
  if (random.chance(0.3)) segment.includedContexts = targets(random)
  if (random.chance(0.3)) segment.excludedContexts = targets(random)
  if (random.chance(0.75)) segment.rules = rules(random, others)
  for (const name of ['included', 'excluded', 'includedContexts', 'excludedContexts', 'rules', 'salt'])
    if (random.chance(0.01)) segment[name] = null
  return segment
}

/**
 * Makes a big segment, whose members are those of `membersOf`. It does not refer to other
 * segments, because the official SDK does not detect a cycle through it and runs out of memory.
 */
function big(random: Random): Draft {
  return {
    unbounded: true,
    generation: random.pick([1, 1, null]),
    ...(random.chance(0.5) && { unboundedContextKind: random.pick(KINDS) }),
    ...(random.chance(0.5) && { included: keys(random) }),
    rules: rules(random, ['missing']),
  }
}

/** Makes a segment that consists of other segments only. */
function asking(random: Random, segments: readonly string[]): Draft {
  return { op: 'segmentMatch', values: [random.pick(segments), random.pick(segments)] }
}

function targets(random: Random): Draft[] {
  return Array.from({ length: random.pick([0, 1, 1, 2]) }, () => ({
    ...ofKind(random, 0.85),
    values: keys(random),
  }))
}

function keys(random: Random): string[] {
  const some = Array.from({ length: random.int(0, 3) }, () => random.pick([...KEYS, '']))
  return random.chance(0.04) ? [...some, ...Array.from({ length: 101 }, (_, i) => `k${i * 90}`)] : some
}

function rules(random: Random, segments: readonly string[]): Draft[] {
  return Array.from({ length: random.pick([0, 1, 1, 2]) }, () => makeRule(random, segments))
}

function makeRule(random: Random, segments: readonly string[]): Draft {
  const rule: Draft = {
    clauses: Array.from({ length: random.pick([0, 1, 1, 1, 2]) }, () => makeClause(random, segments)),
  }
  if (random.chance(0.5)) rule.weight = random.pick([0, 1, 30_000, 50_000, 50_000, 70_000, 100_000, null])
  if (random.chance(0.3)) rule.bucketBy = makeBucketBy(random)
  if (random.chance(0.4))
    rule.rolloutContextKind = random.pick<unknown>([...KINDS, ...KINDS, ...ODD_KINDS, null])
  return rule
}
