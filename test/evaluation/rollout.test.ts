import { expect, it } from 'vitest'
import { answerOf, ask, asking, flag, type Members } from './ask.ts'

/** A context with bucket 0.42157587 in a flag `hashKey` with the salt `saltyA`. */
const userA = { kind: 'user', key: 'userKeyA' }

function splitting(rollout: Members, members: Members = {}): Members {
  return flag('hashKey', { salt: 'saltyA', fallthrough: { rollout }, ...members })
}

function shares(...weights: readonly number[]): object[] {
  return weights.map((weight, variation) => ({ variation, weight }))
}

it.each<[readonly number[], string]>([
  [[42_158, 57_842], 'x'],
  [[42_157, 57_843], 'y'],
  [[42_157, 0, 57_843], 'z'],
  [[10_000, 32_158, 57_842], 'y'],
  [[0, 0, 100_000], 'z'],
  [[100_000, 0, 0], 'x'],
  [[1, 1], 'y'],
  [[0, 0], 'y'],
  [[50_000], 'x'],
  [[1], 'x'],
])(
  '(S34) weights of %j give the user in bucket 0.42157587 %s; the remainder goes to the last',
  (weights, value) => {
    expect(ask(splitting({ variations: shares(...weights) }), userA)).toMatchObject({
      value,
      reason: { kind: 'FALLTHROUGH' },
    })
  },
)

it('(S34) uses the seed in place of key and salt, unless it is zero', () => {
  const place = (seed: unknown, weight: number): unknown =>
    ask(splitting({ seed, variations: shares(weight, 100_000 - weight) }), userA).value
  expect([place(61, 9_801), place(61, 9_802)]).toEqual(['y', 'x'])
  expect([place(0, 42_157), place(0, 42_158)]).toEqual(['y', 'x'])
  expect([place(null, 42_157), place(null, 42_158)]).toEqual(['y', 'x'])
})

it('(S34) hashes a flag without a salt with an empty one', () => {
  const rollout = { variations: shares(50_000, 50_000) }
  const value = (salt: unknown): unknown =>
    ask(splitting(rollout, { salt }), { kind: 'user', key: 'userKeyB' }).value
  expect([value(undefined), value(null), value('')]).toEqual([value(''), value(''), value('')])
})

it('(S34) buckets by the named attribute, which is a path if there is a context kind', () => {
  const variations = shares(42_157, 0, 57_843)
  const by = (bucketBy: string, contextKind?: string): unknown =>
    ask(splitting({ variations, bucketBy, contextKind }), {
      kind: 'user',
      key: 'k',
      name: 'userKeyA',
      address: { city: 'userKeyA' },
    }).value
  expect(by('name')).toBe('z')
  expect(by('/address/city', 'user')).toBe('z')
  expect(by('/address/city')).toBe('x')
  expect(by('name', 'org')).toBe('x')
  expect(ask(splitting({ variations, bucketBy: '//', contextKind: 'user' }), userA).reason).toMatchObject({
    errorKind: 'MALFORMED_FLAG',
  })
})

const experiment = { kind: 'experiment', variations: shares(42_158, 57_842) }

it('(S34.4) buckets an experiment by the key, and marks the reason', () => {
  expect(ask(splitting({ ...experiment, bucketBy: 'name' }), { ...userA, name: 'userKeyB' })).toMatchObject({
    value: 'x',
    reason: { kind: 'FALLTHROUGH', inExperiment: true },
  })
  const rule = { id: 'r', clauses: [], rollout: experiment }
  expect(ask(splitting({}, { rules: [rule] }), userA).reason).toEqual({
    kind: 'RULE_MATCH',
    ruleIndex: 0,
    ruleId: 'r',
    inExperiment: true,
  })
})

it('(S34.5) does not include contexts without the kind or with an untracked variation in an experiment', () => {
  expect(ask(splitting({ ...experiment, contextKind: 'org' }), userA)).toMatchObject({
    value: 'x',
    reason: { kind: 'FALLTHROUGH' },
  })
  expect(ask(splitting({ ...experiment, contextKind: 'org' }), userA).reason).not.toHaveProperty(
    'inExperiment',
  )
  const untracked = [
    { variation: 0, weight: 42_158, untracked: true },
    { variation: 1, weight: 57_842 },
  ]
  expect(ask(splitting({ ...experiment, variations: untracked }), userA).reason).toEqual({
    kind: 'FALLTHROUGH',
  })
  expect(ask(splitting({ variations: shares(100_000) }), userA).reason).toEqual({ kind: 'FALLTHROUGH' })
})

it('(S34) counts the remainder in the last bucket as in the experiment, even without the kind', () => {
  const variations = shares(0, 0)
  expect(ask(splitting({ kind: 'experiment', contextKind: 'org', variations }), userA).reason).toEqual({
    kind: 'FALLTHROUGH',
    inExperiment: true,
  })
})

it.each<[string, unknown]>([
  ['neither variation nor rollout', {}],
  ['nothing', null],
  ['a list', []],
  ['text', 'x'],
  ['a rollout without variations', { rollout: {} }],
  ['a rollout of no variations', { rollout: { variations: [] } }],
  ['a rollout whose variations are no list', { rollout: { variations: { 0: { variation: 0 } } } }],
  ['a rollout that is a list', { rollout: [] }],
  ['a rollout with null for a share', { rollout: { variations: [null] } }],
  ['a share without a variation', { rollout: { variations: [{ weight: 100_000 }] } }],
  ['a variation there is not', { variation: 3 }],
  ['a variation below zero', { variation: -1 }],
  ['half a variation', { variation: 0.5 }],
  ['a variation as text', { variation: '0' }],
  ['a share whose variation there is not', { rollout: { variations: [{ variation: 9, weight: 100_000 }] } }],
])('(S32) a fallthrough, or a rule, of %s is malformed', (_, choice) => {
  expect(answerOf(ask(flag('f', { fallthrough: choice })))).toBe('MALFORMED_FLAG')
  const rule = typeof choice === 'object' && !Array.isArray(choice) ? { ...choice, clauses: [] } : choice
  expect(answerOf(ask(flag('f', { rules: [rule] })))).toBe('MALFORMED_FLAG')
})

it('(S32) gives all contexts after the valid buckets to a malformed one', () => {
  const variations = [{ variation: 0, weight: 42_158 }, null, { variation: 1, weight: 57_842 }]
  expect(answerOf(ask(splitting({ variations }), userA))).toBe('x FALLTHROUGH')
  expect(answerOf(ask(splitting({ variations: [{ variation: 0, weight: 42_157 }, null] }), userA))).toBe(
    'MALFORMED_FLAG',
  )
})

it('(S32) gives all contexts to the last bucket after a weight that is not a number', () => {
  const variations = [{ variation: 0 }, { variation: 1, weight: 100_000 }, { variation: 2, weight: 0 }]
  expect(ask(splitting({ variations }), userA).value).toBe('z')
  expect(ask(asking({ attribute: 'key', op: 'in', values: ['userKeyA'] }), userA).value).toBe('y')
})
