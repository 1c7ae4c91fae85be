import type { Flag, FlagRule, Segment, TargetingClause } from '../../src/model/flag.ts'
import { USERS } from './contexts.ts'

/** Flags that each use one feature of evaluation. */
export const SPECIAL_FLAGS: readonly Flag[] = [
  flag('bench-simple', {}),
  flag('bench-off', { on: false }),
  flag('bench-20-rules', { rules: rules('user') }),
  flag('bench-segment', { rules: [rule('segment', clause('', 'segmentMatch', ['bench-segment']))] }),
  flag('bench-rollout', {
    fallthrough: {
      rollout: {
        variations: [
          { variation: 0, weight: 50_000 },
          { variation: 1, weight: 50_000 },
        ],
      },
    },
  }),
  flag('bench-prerequisites', { prerequisites: [{ key: 'bench-middle', variation: 0 }] }),
  flag('bench-middle', { prerequisites: [{ key: 'bench-simple', variation: 0 }] }),
  flag('bench-semver', { rules: [rule('semver', clause('appVersion', 'semVerGreaterThan', ['2.0.0']))] }),
  flag('bench-multi-kind', { rules: rules('organization') }),
]

/** The keys that are searched for are in the middle of the list. */
export const SPECIAL_SEGMENTS: readonly Segment[] = [
  {
    key: 'bench-segment',
    version: 1,
    included: Array.from({ length: 500 }, (_, index) => USERS[index - 250]?.key ?? `member-${index}`),
    excluded: [],
    rules: [],
    salt: 'salt',
  },
]

/** Returns a boolean flag that is on for everyone, with other members where given. */
export function flag(key: string, members: Partial<Flag>): Flag {
  return {
    key,
    version: 1,
    on: true,
    prerequisites: [],
    targets: [],
    contextTargets: [],
    rules: [],
    fallthrough: { variation: 0 },
    offVariation: 1,
    variations: [true, false],
    salt: 'salt',
    trackEvents: false,
    ...members,
  }
}

/** Twenty rules of two clauses. The first clause of each matches, the second one only in the last rule. */
function rules(kind: 'user' | 'organization'): readonly FlagRule[] {
  const misses = [
    clause('email', 'endsWith', ['@elsewhere.example.com'], kind),
    clause('plan', 'in', ['free', 'trial'], kind),
    clause('seats', 'greaterThanOrEqual', [1_000], kind),
    clause('appVersion', 'semVerGreaterThan', ['9.0.0'], kind),
  ]
  const country = clause('country', 'in', ['us', 'gb', 'fr', 'de'])
  return Array.from({ length: 20 }, (_, index) => {
    const second = index === 19 ? clause('plan', 'in', ['team'], kind) : misses[index % misses.length]
    return rule(`rule-${index}`, country, second as TargetingClause)
  })
}

function rule(id: string, ...clauses: readonly TargetingClause[]): FlagRule {
  return { id, clauses, variation: 0, trackEvents: false }
}

function clause(
  attribute: string,
  op: string,
  values: readonly unknown[],
  contextKind = 'user',
): TargetingClause {
  return { contextKind, attribute, op, values, negate: false }
}
