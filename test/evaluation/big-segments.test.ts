import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Context } from '../../src/evaluation/context.ts'
import type { BigSegmentsStatus, Evaluation } from '../../src/evaluation/detail.ts'
import { evaluate } from '../../src/evaluation/evaluate.ts'
import type { Membership } from '../../src/evaluation/run.ts'
import { answerOf, asking, flag, type Members, readerOf, segment } from './ask.ts'

const inAny = (...values: readonly unknown[]): Members => ({ op: 'segmentMatch', values })
const big = (key: string, members: Members = {}): Members =>
  segment(key, { unbounded: true, generation: 4, ...members })
const isA = { clauses: [{ attribute: 'key', op: 'in', values: ['a'] }] }
const both = { kind: 'multi', user: { key: 'a' }, org: { key: 'o' } }

function listed(
  references: Readonly<Record<string, boolean>>,
  status: BigSegmentsStatus = 'HEALTHY',
): Membership {
  return { references: new Map(Object.entries(references)), status }
}

interface Asked {
  readonly evaluation: Evaluation
  /** The context keys whose membership was read, in order. */
  readonly keys: readonly string[]
}

/** Evaluates the first flag with these memberships by context key. */
function ask(
  flags: readonly Members[],
  segments: readonly Members[],
  memberships: Readonly<Record<string, Membership>>,
  context: unknown = { kind: 'user', key: 'a' },
): Asked {
  const keys: string[] = []
  const reader = {
    ...readerOf(flags, segments),
    memberships: {
      membership(key: string) {
        keys.push(key)
        return memberships[key]
      },
    },
  }
  return { evaluation: evaluate(reader, flags[0]?.key as string, context as Context), keys }
}

it.each<[string, Members, Membership, unknown, string, BigSegmentsStatus | undefined, readonly string[]]>([
  [
    '(BS1.1) without a generation has no members, and its rules are not evaluated',
    { generation: null, rules: [isA] },
    listed({ 's.g4': true }),
    undefined,
    'x FALLTHROUGH',
    'NOT_CONFIGURED',
    [],
  ],
  [
    '(BS1.1) with generation 0 has no members either',
    { generation: 0, rules: [isA] },
    listed({ 's.g0': true }),
    undefined,
    'x FALLTHROUGH',
    'NOT_CONFIGURED',
    [],
  ],
  [
    '(BS1.3) of a kind that the context lacks does not match and is not queried',
    { unboundedContextKind: 'org', rules: [{ clauses: [] }] },
    listed({ 's.g4': true }),
    undefined,
    'x FALLTHROUGH',
    undefined,
    [],
  ],
  [
    '(BS1.3) is asked for the key of its kind',
    { unboundedContextKind: 'org' },
    listed({ 's.g4': true }),
    both,
    'y RULE_MATCH',
    'HEALTHY',
    ['o'],
  ],
  [
    '(BS1.4) matches an included context',
    {},
    listed({ 's.g4': true }),
    undefined,
    'y RULE_MATCH',
    'HEALTHY',
    ['a'],
  ],
  [
    '(BS1.4) does not match an excluded context, whatever its rules say',
    { rules: [isA] },
    listed({ 's.g4': false }),
    undefined,
    'x FALLTHROUGH',
    'HEALTHY',
    ['a'],
  ],
  [
    '(BS1.5) that does not list the context is decided by its rules',
    { excluded: ['a'], rules: [isA] },
    listed({ 's.g3': false, 'other.g4': false }),
    undefined,
    'y RULE_MATCH',
    'HEALTHY',
    ['a'],
  ],
  [
    '(BS1.5) ignores the lists of the segment',
    { included: ['a'], includedContexts: [{ contextKind: 'user', values: ['a'] }] },
    listed({}),
    undefined,
    'x FALLTHROUGH',
    'HEALTHY',
    ['a'],
  ],
  [
    '(BS1.6) whose query failed is decided by its rules',
    { rules: [isA] },
    listed({}, 'STORE_ERROR'),
    undefined,
    'y RULE_MATCH',
    'STORE_ERROR',
    ['a'],
  ],
  [
    '(BS4.4) uses a membership that was found although the store is not available',
    {},
    listed({ 's.g4': true }, 'STORE_ERROR'),
    undefined,
    'y RULE_MATCH',
    'STORE_ERROR',
    ['a'],
  ],
])('a big segment %s', (_, members, membership, context, expected, status, queried) => {
  const { evaluation, keys } = ask(
    [asking(inAny('s'))],
    [big('s', members)],
    { a: membership, o: membership },
    context,
  )
  expect(answerOf(evaluation)).toBe(expected)
  expect(evaluation.reason.bigSegmentsStatus).toBe(status)
  expect(Object.hasOwn(evaluation.reason, 'bigSegmentsStatus')).toBe(status !== undefined)
  expect(keys).toEqual(queried)
})

it('(BS2.1) reports the first missing membership and reads no other one', () => {
  const segments = [big('s'), big('t', { unboundedContextKind: 'org' })]
  const rules = ['s', 't'].map((key) => ({ variation: 1, clauses: [inAny(key)] }))
  const first = ask([flag('f', { rules })], segments, {}, both)
  expect([first.evaluation.missingMembership, first.keys]).toEqual(['a', ['a']])
  const second = ask([flag('f', { rules })], segments, { a: listed({}) }, both)
  expect([second.evaluation.missingMembership, second.keys]).toEqual(['o', ['a', 'o']])
  const third = ask([flag('f', { rules })], segments, { a: listed({ 's.g4': true }) }, both)
  expect([third.evaluation.missingMembership, third.keys]).toEqual([undefined, ['a']])
})

it('(BS2.1) keeps the first missing membership if another clause follows', () => {
  const segments = [big('s'), big('t', { unboundedContextKind: 'org' })]
  const { evaluation } = ask([asking(inAny('s'), inAny('t'))], segments, {}, both)
  expect(evaluation.missingMembership).toBe('a')
})

it('(BS2.1) reports a membership that only a prerequisite or a nested segment needs', () => {
  const flags = [
    flag('f', { prerequisites: [{ key: 'g', variation: 1 }] }),
    { ...asking(inAny('t')), key: 'g' },
  ]
  const segments = [big('s'), segment('t', { rules: [{ clauses: [inAny('s')] }] })]
  expect(ask(flags, segments, {}).evaluation.missingMembership).toBe('a')
  const { evaluation } = ask(flags, segments, { a: listed({ 's.g4': true }, 'STALE') })
  expect(evaluation).toMatchObject({
    value: 'x',
    reason: { kind: 'FALLTHROUGH', bigSegmentsStatus: 'STALE' },
  })
  expect('missingMembership' in evaluation).toBe(false)
})

const WORST_FIRST: readonly BigSegmentsStatus[] = ['NOT_CONFIGURED', 'STORE_ERROR', 'STALE', 'HEALTHY']

it('(BS1.7) gives the worst status of all big segments that it reached', () => {
  const statuses = fc.array(
    fc.record({
      status: fc.constantFrom(...WORST_FIRST),
      place: fc.constantFrom('rule', 'nested', 'prerequisite'),
    }),
    { maxLength: 6 },
  )
  fc.assert(
    fc.property(statuses, (reached) => {
      const kinds = reached.map((_, index) => `k${index}`)
      const context = {
        kind: 'multi',
        user: { key: 'a' },
        ...Object.fromEntries(kinds.map((kind) => [kind, { key: kind }])),
      }
      const segments = reached.flatMap(({ status, place }, index) => [
        big(`s${index}`, {
          unboundedContextKind: `k${index}`,
          ...(status === 'NOT_CONFIGURED' && { generation: undefined }),
        }),
        ...(place === 'nested' ? [segment(`n${index}`, { rules: [{ clauses: [inAny(`s${index}`)] }] })] : []),
      ])
      const rule = (index: number, place: string): Members => ({
        variation: 1,
        clauses: [inAny(place === 'nested' ? `n${index}` : `s${index}`)],
      })
      const rulesOf = (isPrerequisite: boolean): Members[] =>
        reached.flatMap(({ place }, index) =>
          (place === 'prerequisite') === isPrerequisite ? [rule(index, place)] : [],
        )
      const flags = [
        flag('f', { prerequisites: [{ key: 'g', variation: 0 }], rules: rulesOf(false) }),
        flag('g', { rules: rulesOf(true) }),
      ]
      const memberships = Object.fromEntries(
        reached.map(({ status }, index) => [`k${index}`, listed({}, status)]),
      )
      const worst = WORST_FIRST.find((status) => reached.some((each) => each.status === status))
      expect(ask(flags, segments, memberships, context).evaluation.reason.bigSegmentsStatus).toBe(worst)
    }),
  )
})
