import { expect, it } from 'vitest'
import { evaluate } from '../../src/evaluation/evaluate.ts'
import type { Flag } from '../../src/model/flag.ts'
import { answerOf, ask, asking, flag, type Members, readerOf, segment } from './ask.ts'

const isA = { attribute: 'key', op: 'in', values: ['a'] }

it.each<[string, Members]>([
  ['rules that are no list', flag('f', { rules: {} })],
  ['rules that are text', flag('f', { rules: 'rules' })],
  ['null for a rule', flag('f', { rules: [null] })],
  ['a number for a rule', flag('f', { rules: [5] })],
  ['clauses that are no list', flag('f', { rules: [{ variation: 1, clauses: {} }] })],
  ['null for a clause', asking(null)],
  ['null for a clause before one that matches', asking(null, isA)],
  ['text for a clause', asking('key')],
  ['a clause without an attribute', asking({ op: 'in', values: ['a'] })],
  ['a clause whose attribute is no text', asking({ ...isA, attribute: 5 })],
  ['a clause with an invalid path', asking({ ...isA, contextKind: 'user', attribute: '/a//b' })],
  ['a clause whose operator is no text', asking({ ...isA, op: 5 })],
  ['a clause whose values are no list', asking({ ...isA, values: 'a' })],
  ['segments that are no list', asking({ op: 'segmentMatch', values: 's' })],
  ['no variations', flag('f', { variations: null })],
  ['variations that are text', flag('f', { variations: 'xyz' })],
  ['an off variation there is not', flag('f', { on: false, offVariation: 3 })],
  ['half an off variation', flag('f', { on: false, offVariation: 0.5 })],
  ['a rule of a variation there is not', flag('f', { rules: [{ clauses: [], variation: 3 }] })],
])('(S32) a flag with %s is malformed', (_, members) => {
  expect(ask(members)).toEqual({
    value: undefined,
    variationIndex: null,
    reason: { kind: 'ERROR', errorKind: 'MALFORMED_FLAG' },
    prerequisites: [],
  })
})

it.each<[string, Members, string]>([
  [
    'null members',
    flag('f', { rules: null, targets: null, contextTargets: null, prerequisites: null }),
    'x FALLTHROUGH',
  ],
  ['null for clauses', flag('f', { rules: [{ variation: 1, clauses: null }] }), 'x FALLTHROUGH'],
  ['null for values', asking({ ...isA, values: null }), 'x FALLTHROUGH'],
  ['null for a kind', asking({ ...isA, contextKind: null }), 'y RULE_MATCH'],
  ['null for an operator', asking({ ...isA, op: null }), 'x FALLTHROUGH'],
  ['an unknown operator', asking({ ...isA, op: 'isLike' }), 'x FALLTHROUGH'],
  ['an unknown operator, negated', asking({ ...isA, op: 'isLike', negate: true }), 'y RULE_MATCH'],
  ['a kind that is no text', asking({ ...isA, contextKind: 5 }), 'x FALLTHROUGH'],
  ['no off variation and is off', flag('f', { on: false, offVariation: '2' }), 'OFF'],
  ['nothing at all', { key: 'f' }, 'OFF'],
  ['a number for on', flag('f', { on: 1 }), 'x FALLTHROUGH'],
  [
    'null beside a rollout',
    flag('f', { fallthrough: { variation: null, rollout: { variations: [{ variation: 1, weight: 1 }] } } }),
    'y FALLTHROUGH',
  ],
  [
    'mistakes in what is not reached',
    flag('f', { on: false, rules: {}, targets: 5, fallthrough: null }),
    'z OFF',
  ],
  [
    'a mistake behind a match',
    flag('f', { rules: [{ variation: 1, clauses: [isA] }, null] }),
    'y RULE_MATCH',
  ],
  ['a mistake behind a clause that fails', asking({ ...isA, values: ['b'] }, null), 'x FALLTHROUGH'],
  ['an id that is no text', flag('f', { rules: [{ id: 5, variation: 1, clauses: [] }] }), 'y RULE_MATCH'],
])('(S32) a flag with %s still answers', (_, members, expected) => {
  expect(answerOf(ask(members))).toBe(expected)
})

const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', ''] as const

it.each(NAMES)('(D21.7) treats %j as an ordinary key of a flag, a segment and a user', (name) => {
  const empty = { kind: 'user', key: 'a' }
  expect(answerOf(ask([flag('f', { prerequisites: [{ key: name, variation: 0 }] })]))).toBe(
    'z PREREQUISITE_FAILED',
  )
  expect(
    ask([flag('f', { prerequisites: [{ key: name, variation: 0 }] }), flag(name)]).prerequisites,
  ).toEqual([name])
  const clause = { op: 'segmentMatch', values: [name] }
  expect(ask(asking(clause), empty).value).toBe('x')
  expect(ask(asking(clause), empty, [segment(name, { included: ['a'] })]).value).toBe('y')
  const targets = [{ variation: 1, values: [name] }]
  expect(ask(flag('f', { targets }), { key: name }).value).toBe('y')
  expect(ask(flag('f', { targets }), empty).value).toBe('x')
})

it.each(NAMES.slice(0, 4))('(D21) treats %j as an ordinary attribute and an ordinary kind', (name) => {
  const clause = (contextKind?: string, negate = false): Members => ({
    attribute: name,
    op: 'in',
    values: ['v'],
    contextKind,
    negate,
  })
  const own = JSON.parse(`{"kind":"user","key":"a",${JSON.stringify(name)}:"v"}`) as unknown
  expect(ask(asking(clause()), own).value).toBe('y')
  expect(ask(asking(clause(undefined, true))).value).toBe('x')
  const both = JSON.parse(
    `{"kind":"multi","user":{"key":"a"},${JSON.stringify(name)}:{"key":"b"}}`,
  ) as unknown
  const ofKind = { attribute: 'key', contextKind: name, op: 'in', values: ['b'] }
  expect(ask(asking(ofKind), both).value).toBe('y')
  expect(
    ask(asking({ ...ofKind, negate: true }), { kind: 'multi', user: { key: 'a' }, org: { key: 'b' } }).value,
  ).toBe('x')
})

it('(S32, S145) returns a complete copy of values that are nested deeper than the stack allows', () => {
  const deep = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) as unknown
  const held = { ...asking({ ...isA, attribute: 'deep', values: [deep] }), variations: [deep] } as Flag
  const result = evaluate({ ...readerOf([]), flag: () => held }, 'f', { kind: 'user', key: 'a', deep })
  expect(result).toMatchObject({ variationIndex: 0, reason: { kind: 'FALLTHROUGH' } })
  expect(depthOf(deep)).toBe(100_000)
  // Not compared with a matcher: one that enters the value would overflow the stack.
  expect(result.value === deep).toBe(false)
  expect(depthOf(result.value)).toBe(100_000)
})

/** Returns how many lists are nested in each other. */
function depthOf(value: unknown): number {
  let depth = 0
  for (let inner: unknown = value; Array.isArray(inner); inner = inner[0]) depth += 1
  return depth
}
