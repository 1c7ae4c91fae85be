import { expect, it } from 'vitest'
import { answerOf, ask, flag, USER } from './ask.ts'

const many = Array.from({ length: 200 }, (_, index) => `user-${index}`)
const both = { kind: 'multi', user: { key: 'a' }, org: { key: 'o' } }

it('(S30) uses the first target with the key, and kind user if none is named', () => {
  const targets = [
    { variation: 1, values: ['b', 'a'] },
    { variation: 2, values: ['a'] },
  ]
  expect(answerOf(ask(flag('f', { targets })))).toBe('y TARGET_MATCH')
  expect(answerOf(ask(flag('f', { targets }), both))).toBe('y TARGET_MATCH')
  expect(answerOf(ask(flag('f', { targets }), { kind: 'org', key: 'a' }))).toBe('x FALLTHROUGH')
  expect(
    answerOf(ask(flag('f', { targets: [{ ...targets[0], contextKind: 'org' }] }), { kind: 'org', key: 'a' })),
  ).toBe('y TARGET_MATCH')
})

it('(S30) takes the order of user targets from the context targets of kind user', () => {
  const targets = [
    { variation: 1, values: ['a'] },
    { variation: 2, values: ['a', 'b'] },
  ]
  const contextTargets = [
    { contextKind: 'org', variation: 0, values: ['o'] },
    { contextKind: 'user', variation: 2, values: [] },
    { contextKind: '', variation: 1, values: ['never looked at'] },
  ]
  const members = { targets, contextTargets, fallthrough: { variation: 0 } }
  expect(answerOf(ask(flag('f', members), both))).toBe('x TARGET_MATCH')
  expect(answerOf(ask(flag('f', members)))).toBe('z TARGET_MATCH')
  expect(answerOf(ask(flag('f', members), { kind: 'user', key: 'never looked at' }))).toBe('x FALLTHROUGH')
  expect(answerOf(ask(flag('f', { ...members, contextTargets: [contextTargets[0]] })))).toBe('x FALLTHROUGH')
  expect(answerOf(ask(flag('f', { contextTargets: contextTargets.slice(1) })))).toBe('x FALLTHROUGH')
})

it('(S30) evaluates only the first user target of a variation if there are context targets', () => {
  const targets = [
    { variation: 1, values: ['b'] },
    { variation: 1, values: ['a'] },
  ]
  const contextTargets = [{ contextKind: 'user', variation: 1, values: [] }]
  expect(answerOf(ask(flag('f', { targets, contextTargets })))).toBe('x FALLTHROUGH')
  expect(answerOf(ask(flag('f', { targets })))).toBe('y TARGET_MATCH')
})

it('(S30) finds keys in a long list as in a short one, at every lookup', () => {
  const reader = flag('f', { targets: [{ variation: 1, values: [...many, 5, null] }] })
  for (const key of ['user-0', 'user-199', 'user-7'])
    expect(ask(reader, { kind: 'user', key }).value).toBe('y')
  for (const key of ['user-200', '5', 'null']) expect(ask(reader, { kind: 'user', key }).value).toBe('x')
})

it('(S30) matches a target for a legacy user with an empty key', () => {
  expect(answerOf(ask(flag('f', { targets: [{ variation: 1, values: [''] }] }), { key: '' }))).toBe(
    'y TARGET_MATCH',
  )
})

it.each<[string, object]>([
  ['targets that are no list', { targets: { variation: 1 } }],
  ['targets that are text', { targets: 'a' }],
  ['null for a target', { targets: [null] }],
  ['keys that are no list', { targets: [{ variation: 1, values: 'a' }] }],
  ['targets of all kinds that are no list', { contextTargets: 5 }],
  ['null for a target of all kinds', { contextTargets: [null] }],
  ['a target of a variation there is not', { targets: [{ variation: 9, values: ['a'] }] }],
  ['a target of no variation', { targets: [{ values: ['a'] }] }],
])('(S32) a flag with %s is malformed', (_, members) => {
  expect(answerOf(ask(flag('f', { ...members })))).toBe('MALFORMED_FLAG')
})

it('(S32) treats null in place of targets or keys as absent, and does not read targets after a match', () => {
  expect(
    answerOf(ask(flag('f', { targets: null, contextTargets: null, rules: null, prerequisites: null }))),
  ).toBe('x FALLTHROUGH')
  expect(answerOf(ask(flag('f', { targets: [{ variation: 1, values: null }, { variation: 1 }] })))).toBe(
    'x FALLTHROUGH',
  )
  expect(answerOf(ask(flag('f', { targets: [{ variation: 1, values: ['a'] }, null] }), USER))).toBe(
    'y TARGET_MATCH',
  )
})
