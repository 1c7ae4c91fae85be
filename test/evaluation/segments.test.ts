import { expect, it } from 'vitest'
import { answerOf, ask, asking, flag, type Members, segment } from './ask.ts'

const inAny = (...values: readonly unknown[]): Members => ({ op: 'segmentMatch', values })
const notIn = (...values: readonly unknown[]): Members => ({ ...inAny(...values), negate: true })
const isA = { attribute: 'key', op: 'in', values: ['a'] }
const both = { kind: 'multi', user: { key: 'a' }, org: { key: 'o' } }

/** Returns whether the context is in a segment `s` with these members. */
function has(members: Members, context: unknown = { kind: 'user', key: 'a' }): boolean | string {
  const result = ask(asking(inAny('s')), context, [segment('s', members)])
  return result.reason.kind === 'ERROR' ? result.reason.errorKind : result.value === 'y'
}

it.each<[string, Members, unknown, boolean]>([
  ['included', { included: ['a'] }, undefined, true],
  ['included and excluded', { included: ['a'], excluded: ['a'] }, undefined, true],
  [
    'excluded, before a rule that matches',
    { excluded: ['a'], rules: [{ clauses: [isA] }] },
    undefined,
    false,
  ],
  ['matched by a rule', { rules: [{ clauses: [isA] }] }, undefined, true],
  [
    'matched by the second rule',
    { rules: [{ clauses: [{ ...isA, values: ['b'] }] }, { clauses: [isA] }] },
    undefined,
    true,
  ],
  ['matched by a rule of no clauses', { rules: [{ clauses: [] }] }, undefined, true],
  ['offered a rule without clauses', { rules: [{}] }, undefined, false],
  ['included by another kind', { includedContexts: [{ contextKind: 'org', values: ['o'] }] }, both, true],
  [
    'of a kind without inclusions',
    { includedContexts: [{ contextKind: 'org', values: ['a'] }] },
    both,
    false,
  ],
  [
    'excluded by another kind',
    { excludedContexts: [{ contextKind: 'org', values: ['o'] }], rules: [{ clauses: [] }] },
    both,
    false,
  ],
  ['a user, where the list has no kind', { includedContexts: [{ values: ['a'] }] }, both, true],
  ['without a key', { included: [''] }, { key: '' }, false],
  ['not a user', { included: ['o'] }, { kind: 'org', key: 'o' }, false],
])('(S30) membership of a segment for a context that is %s', (_, members, context, expected) => {
  expect(has(members, context)).toBe(expected)
})

it('(S30) matches any of the segments, none if negated, and treats a missing one as empty', () => {
  const segments = [segment('s', { included: ['b'] }), segment('t', { included: ['a'] })]
  expect(ask(asking(inAny('s', 't')), undefined, segments).value).toBe('y')
  expect(ask(asking(notIn('s', 't')), undefined, segments).value).toBe('x')
  expect(ask(asking(notIn('s', 'missing')), undefined, segments).value).toBe('y')
  expect(ask(asking(inAny('missing', null, 5, {})), undefined, segments).value).toBe('x')
  expect(ask(asking(notIn()), undefined, segments).value).toBe('y')
})

it('(S34) includes a share of the contexts that a weighted rule matches, by salt and key of the segment', () => {
  const user = { kind: 'user', key: 'userKeyA' }
  const share = (weight: unknown, members: Members = {}): unknown =>
    ask(asking(inAny('hashKey')), { ...user, name: 'userKeyC' }, [
      segment('hashKey', { salt: 'saltyA', rules: [{ clauses: [], weight, ...members }] }),
    ]).value
  expect([share(42_157), share(42_158), share(0), share(null)]).toEqual(['x', 'y', 'x', 'y'])
  expect([share(10_343, { bucketBy: 'name' }), share(10_344, { bucketBy: 'name' })]).toEqual(['x', 'y'])
  expect([share(0, { rolloutContextKind: 'org' }), share(1, { rolloutContextKind: 'org' })]).toEqual([
    'x',
    'y',
  ])
  expect(share(1, { bucketBy: '//', rolloutContextKind: 'user' })).toBeUndefined()
  expect(share(null, { bucketBy: '//', rolloutContextKind: 'user' })).toBe('y')
})

const within = (...values: readonly unknown[]): Members => ({ rules: [{ clauses: [inAny(...values)] }] })

it('(S30) evaluates nested segments', () => {
  const segments = [
    segment('s', within('t')),
    segment('t', within('u', 'v')),
    segment('u'),
    segment('v', { included: ['a'] }),
  ]
  expect(ask(asking(inAny('s')), undefined, segments).value).toBe('y')
})

it('(S33) reports a cycle of segments as malformed, unless a key list decides first', () => {
  const ring = [segment('s', within('t')), segment('t', { ...within('s'), included: ['b'] })]
  expect(answerOf(ask(asking(inAny('s')), undefined, ring))).toBe('MALFORMED_FLAG')
  expect(ask(asking(inAny('s')), { kind: 'user', key: 'b' }, ring).value).toBe('y')
  expect(has(within('s'))).toBe('MALFORMED_FLAG')
})

it('(S33) does not treat two paths to one segment as a cycle', () => {
  const segments = [segment('s', within('u')), segment('t', within('u')), segment('u')]
  expect(answerOf(ask(asking(notIn('s'), notIn('t'), notIn('s')), undefined, segments))).toBe('y RULE_MATCH')
})

it('(S33.3) counts a malformed clause as a match if another follows, in rules of flags and segments', () => {
  const broken = { attribute: '', op: 'in', values: ['a'] }
  const isB = { ...isA, values: ['b'] }
  expect(answerOf(ask(asking(broken, isA)))).toBe('y RULE_MATCH')
  expect(answerOf(ask(asking(broken, isB)))).toBe('x FALLTHROUGH')
  expect(answerOf(ask(asking(isA, broken)))).toBe('MALFORMED_FLAG')
  expect(answerOf(ask(asking(isB, broken)))).toBe('x FALLTHROUGH')
  expect(has({ rules: [{ clauses: [broken, isA] }] })).toBe(true)
  expect(has({ rules: [{ clauses: [isA, broken] }] })).toBe('MALFORMED_FLAG')
})

it('(S32.4) follows a chain of 250 segments, and reports a longer one as malformed', () => {
  const chain = (length: number): Members[] =>
    Array.from({ length }, (_, index) =>
      segment(`s${index}`, index + 1 < length ? within(`s${index + 1}`) : { included: ['a'] }),
    )
  expect(answerOf(ask(asking(inAny('s0')), undefined, chain(250)))).toBe('y RULE_MATCH')
  expect(answerOf(ask(asking(inAny('s0')), undefined, chain(251)))).toBe('MALFORMED_FLAG')
  expect(answerOf(ask(asking(inAny('s0')), undefined, chain(20_000)))).toBe('MALFORMED_FLAG')
})

it('(S32) ends for a graph of segments with exponentially many paths', () => {
  const web = Array.from({ length: 60 }, (_, index) =>
    segment(`s${index}`, within(`s${index + 1}`, `s${index + 1}`)),
  )
  expect(answerOf(ask(asking(inAny('s0')), undefined, web))).toBe('MALFORMED_FLAG')
  expect(answerOf(ask(asking(inAny('s48')), undefined, web))).toBe('x FALLTHROUGH')
})

it.each<[string, Members]>([
  ['rules that are no list', { rules: {} }],
  ['null for a rule', { rules: [null] }],
  ['clauses that are no list', { rules: [{ clauses: 'a' }] }],
  ['null for a clause', { rules: [{ clauses: [null, isA] }] }],
  ['members that are no list', { included: { a: true } }],
  ['a member list of kinds that is no list', { includedContexts: 'a' }],
  ['null for a member list', { excludedContexts: [null] }],
  ['keys that are no list', { includedContexts: [{ contextKind: 'user', values: 'a' }] }],
])('(S32) a segment with %s is malformed', (_, members) => {
  expect(has(members)).toBe('MALFORMED_FLAG')
})

it('(S32) treats null as absent in a segment', () => {
  const nothing = { included: null, excluded: null, includedContexts: null, excludedContexts: null }
  expect(has({ ...nothing, rules: null, unbounded: null, salt: null })).toBe(false)
  expect(has({ ...nothing, rules: [{ clauses: [isA], weight: null, bucketBy: null }] })).toBe(true)
})

it.each<[string, Members, unknown, string, boolean]>([
  [
    'without a generation',
    { included: ['a'], rules: [{ clauses: [isA] }] },
    undefined,
    'x FALLTHROUGH',
    true,
  ],
  ['whose rules match', { generation: 1, rules: [{ clauses: [isA] }] }, undefined, 'y RULE_MATCH', true],
  ['that includes the key', { generation: 1, included: ['a'] }, undefined, 'x FALLTHROUGH', true],
  [
    'that excludes the key',
    { generation: 1, excluded: ['a'], rules: [{ clauses: [] }] },
    undefined,
    'y RULE_MATCH',
    true,
  ],
  [
    'of another kind',
    { generation: 1, unboundedContextKind: 'org', rules: [{ clauses: [] }] },
    undefined,
    'x FALLTHROUGH',
    false,
  ],
  [
    'of its kind',
    { generation: 1, unboundedContextKind: 'org', rules: [{ clauses: [] }] },
    both,
    'y RULE_MATCH',
    true,
  ],
])(
  '(S35, BS1.2) of a big segment %s only rules count if there is no store, and the reason states that',
  (_, members, context, expected, asked) => {
    const result = ask(asking(inAny('s')), context, [segment('s', { unbounded: true, ...members })])
    expect(answerOf(result)).toBe(expected)
    expect(result.reason.bigSegmentsStatus).toBe(asked ? 'NOT_CONFIGURED' : undefined)
  },
)

it('(S35) reports a big segment in a prerequisite or in a nested segment', () => {
  const big = segment('s', { unbounded: true, generation: 1 })
  const flags = [
    flag('f', { prerequisites: [{ key: 'g', variation: 0 }] }),
    { ...asking(inAny('t')), key: 'g' },
  ]
  expect(ask(flags, undefined, [big, segment('t', within('s'))]).reason).toEqual({
    kind: 'FALLTHROUGH',
    bigSegmentsStatus: 'NOT_CONFIGURED',
  })
  const ring = segment('s', { unbounded: true, generation: 1, ...within('s') })
  expect(answerOf(ask(asking(inAny('s')), undefined, [ring]))).toBe('MALFORMED_FLAG')
})
