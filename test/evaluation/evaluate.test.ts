import { expect, it } from 'vitest'
import { type Context, prepare } from '../../src/evaluation/context.ts'
import { evaluate, evaluatePrepared, evaluateRecorded } from '../../src/evaluation/evaluate.ts'
import type { Flag } from '../../src/model/flag.ts'
import { ask, asking, flag, type Members, readerOf, USER } from './ask.ts'

const isA = { attribute: 'key', op: 'in', values: ['a'] }
const isB = { attribute: 'key', op: 'in', values: ['b'] }

it.each<[string, Members, unknown, number | null, object]>([
  ['off', flag('f', { on: false }), 'z', 2, { kind: 'OFF' }],
  [
    'off without an off variation',
    flag('f', { on: false, offVariation: null }),
    undefined,
    null,
    { kind: 'OFF' },
  ],
  ['a target', flag('f', { targets: [{ variation: 1, values: ['a'] }] }), 'y', 1, { kind: 'TARGET_MATCH' }],
  ['a rule', asking(isA), 'y', 1, { kind: 'RULE_MATCH', ruleIndex: 0, ruleId: 'r' }],
  [
    'the second rule, without an id',
    flag('f', {
      rules: [
        { variation: 1, clauses: [isB] },
        { variation: 2, clauses: [isA] },
      ],
    }),
    'z',
    2,
    { kind: 'RULE_MATCH', ruleIndex: 1 },
  ],
  ['a rule of no clauses', asking(), 'y', 1, { kind: 'RULE_MATCH', ruleIndex: 0, ruleId: 'r' }],
  ['a rule of which one clause fails', asking(isA, isB), 'x', 0, { kind: 'FALLTHROUGH' }],
  ['nothing in particular', flag('f'), 'x', 0, { kind: 'FALLTHROUGH' }],
])('(S30) a flag says its value, its variation and why: %s', (_, members, value, variationIndex, reason) => {
  expect(ask(members)).toEqual({ value, variationIndex, reason, prerequisites: [] })
})

it('(S30) returns an error for a missing flag and for an invalid context, which is checked first', () => {
  const reader = readerOf([flag('f')])
  const error = (errorKind: string): object => ({ reason: { kind: 'ERROR', errorKind }, value: undefined })
  expect(evaluate(reader, 'g', USER)).toMatchObject(error('FLAG_NOT_FOUND'))
  expect(evaluate(reader, 'f', { kind: 'user', key: '' })).toMatchObject(error('USER_NOT_SPECIFIED'))
  expect(evaluate(reader, 'g', { kind: 'user', key: '' })).toMatchObject(error('USER_NOT_SPECIFIED'))
})

it('(S30) returns the same with a flag that was read already and a context that was prepared', () => {
  const reader = readerOf([asking(isA)])
  const held = reader.flag('f') as Flag
  const prepared = prepare(USER)
  if (prepared === undefined) expect.fail('the context is valid')
  expect(evaluatePrepared(reader, held, prepared)).toBe(evaluate(reader, 'f', USER))
  expect(prepare({ kind: 'user', key: '' })).toBeUndefined()
})

it('(S30) does not match a negated clause without a value', () => {
  const isNot = { attribute: 'name', op: 'in', values: ['n'], negate: true }
  expect(ask(asking(isNot), { ...USER, name: 'm' }).value).toBe('y')
  expect(ask(asking(isNot), { ...USER, name: 'n' }).value).toBe('x')
  expect(ask(asking(isNot), USER).value).toBe('x')
  expect(ask(asking(isNot), { ...USER, name: null }).value).toBe('x')
  expect(ask(asking({ ...isNot, contextKind: 'org' }), USER).value).toBe('x')
})

it('(S30) matches if any element of a list matches, and never for an empty list', () => {
  const inside = { attribute: 'groups', op: 'in', values: ['admins', 5] }
  expect(ask(asking(inside), { ...USER, groups: ['staff', 'admins'] }).value).toBe('y')
  expect(ask(asking(inside), { ...USER, groups: [null, 5] }).value).toBe('y')
  expect(ask(asking(inside), { ...USER, groups: [['admins']] }).value).toBe('x')
  expect(ask(asking({ ...inside, negate: true }), { ...USER, groups: [] }).value).toBe('y')
})

it('(S36.3) shares results, which are frozen together with their reasons', () => {
  const reader = readerOf([
    flag('f', {
      prerequisites: [{ key: 'g', variation: 0 }],
      rules: [{ id: 'r', variation: 1, clauses: [isA] }],
    }),
    flag('g'),
  ])
  const result = evaluate(reader, 'f', USER)
  expect(evaluate(reader, 'f', USER)).toBe(result)
  expect([result, result.reason, result.prerequisites].every(Object.isFrozen)).toBe(true)
})

it('(S36.1) does not change data or contexts, even if they are frozen', () => {
  const frozen = <T>(value: T): T => {
    if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen)
    return value
  }
  const rollout = { contextKind: 'org', bucketBy: '/a/b', variations: [{ variation: 1, weight: 100_000 }] }
  const held = frozen(
    flag('f', { rules: [{ clauses: [isA], rollout }], targets: [{ variation: 0, values: ['q'] }] }),
  )
  const reader = { flag: () => held as Flag, segment: () => undefined }
  const context: Context = { kind: 'multi', user: { key: 'a' }, org: { key: 'b', a: { b: 'c' } } }
  frozen(context)
  expect(evaluate(reader, 'f', context).value).toBe('y')
})

it('(S36.2) evaluates a changed flag anew, because it is another object', () => {
  let held: Flag = flag('f')
  const reader = { flag: () => held, segment: () => undefined }
  expect(evaluate(reader, 'f', USER).value).toBe('x')
  held = flag('f', { fallthrough: { variation: 1 } })
  expect(evaluate(reader, 'f', USER).value).toBe('y')
})

it('records the evaluation of each prerequisite before the flag that required it, and the flag of a result', () => {
  const reader = readerOf([
    flag('f', { on: true, prerequisites: [{ key: 'g', variation: 0 }] }),
    flag('g', { on: true, prerequisites: [{ key: 'h', variation: 0 }] }),
    flag('h', { on: true }),
  ])
  const { recorded, flag: own } = evaluateRecorded(reader, 'f', USER)
  expect(recorded?.map(({ key, flag, prereqOf }) => [key, flag, prereqOf])).toEqual([
    ['h', reader.flag('h'), 'g'],
    ['g', reader.flag('g'), 'f'],
  ])
  expect(own).toBe(reader.flag('f'))
  expect(evaluate(reader, 'f', USER)).not.toHaveProperty('recorded')
})
