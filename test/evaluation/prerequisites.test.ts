import { expect, it } from 'vitest'
import { answerOf, ask, flag, type Members, USER } from './ask.ts'

const needs = (...keys: readonly string[]): Members => ({
  prerequisites: keys.map((key) => ({ key, variation: 0 })),
})

it('(S30) evaluates a flag whose prerequisites are met, and lists its direct prerequisites', () => {
  const flags = [flag('f', needs('g', 'h')), flag('g', needs('i')), flag('h'), flag('i')]
  expect(ask(flags)).toMatchObject({ value: 'x', reason: { kind: 'FALLTHROUGH' }, prerequisites: ['g', 'h'] })
  expect(ask(flags.slice(1))).toMatchObject({ value: 'x', prerequisites: ['i'] })
})

it.each<[string, Members[], readonly string[]]>([
  ['is not there', [], []],
  ['is off, though its off variation is the one', [flag('g', { on: false, offVariation: 0 })], ['g']],
  ['has another variation', [flag('g', { fallthrough: { variation: 1 } })], ['g']],
  ['has none', [flag('g', { ...needs('missing'), offVariation: null })], ['g']],
])(
  '(S30) a prerequisite that %s turns the flag off, gives the reason, and ends the evaluation of prerequisites',
  (_, others, prerequisites) => {
    expect(ask([flag('f', needs('g', 'h')), flag('h'), ...others])).toEqual({
      value: 'z',
      variationIndex: 2,
      reason: { kind: 'PREREQUISITE_FAILED', prerequisiteKey: 'g' },
      prerequisites,
    })
  },
)

it('(S30) meets a prerequisite with its off variation if its own prerequisite failed', () => {
  expect(answerOf(ask([flag('f', needs('g')), flag('g', { ...needs('missing'), offVariation: 0 })]))).toBe(
    'x FALLTHROUGH',
  )
})

it('(S30) evaluates no prerequisite of a flag that is off, and has no value if a flag without off variation fails', () => {
  expect(ask([flag('f', { ...needs('g'), on: false }), flag('g')]).prerequisites).toEqual([])
  expect(ask(flag('f', { ...needs('g'), offVariation: null }))).toMatchObject({
    value: undefined,
    variationIndex: null,
    reason: { kind: 'PREREQUISITE_FAILED' },
  })
})

it('(S30) does not treat two paths to one prerequisite as a cycle', () => {
  const flags = [flag('f', needs('g', 'h')), flag('g', needs('i')), flag('h', needs('i')), flag('i')]
  expect(answerOf(ask(flags))).toBe('x FALLTHROUGH')
})

it.each<[string, Members[]]>([
  ['itself', [flag('f', needs('f'))]],
  ['each other', [flag('f', needs('g')), flag('g', needs('f'))]],
  ['three in a ring', [flag('f', needs('g')), flag('g', needs('h')), flag('h', needs('f'))]],
  ['a ring it is not part of', [flag('f', needs('g')), flag('g', needs('h')), flag('h', needs('g'))]],
])('(S33) a flag that needs %s is malformed', (_, flags) => {
  expect(answerOf(ask(flags))).toBe('MALFORMED_FLAG')
})

it('(S33.4) gives a failed prerequisite precedence over an earlier cycle', () => {
  expect(answerOf(ask([flag('f', { ...needs('f', 'missing'), offVariation: 0 })]))).toBe(
    'x PREREQUISITE_FAILED',
  )
})

it('(S33) reports a flag as malformed if one that it needs is malformed', () => {
  const flags = [flag('f', needs('h', 'g')), flag('g', { fallthrough: {} }), flag('h')]
  expect(ask(flags)).toMatchObject({
    reason: { kind: 'ERROR', errorKind: 'MALFORMED_FLAG' },
    prerequisites: ['h', 'g'],
  })
})

function chain(length: number): Members[] {
  return Array.from({ length }, (_, index) =>
    flag(`f${index}`, index + 1 < length ? needs(`f${index + 1}`) : {}),
  )
}

it('(S32.4) follows a chain of 250 prerequisites, and reports a longer one as malformed', () => {
  expect(answerOf(ask(chain(251)))).toBe('x FALLTHROUGH')
  expect(answerOf(ask(chain(252)))).toBe('MALFORMED_FLAG')
  expect(answerOf(ask(chain(20_000)))).toBe('MALFORMED_FLAG')
})

it('(S32) ends for a graph of prerequisites with exponentially many paths', () => {
  const web = Array.from({ length: 60 }, (_, index) =>
    flag(`f${index}`, index < 59 ? needs(`f${index + 1}`, `f${index + 1}`) : {}),
  )
  expect(answerOf(ask(web))).toBe('MALFORMED_FLAG')
  expect(answerOf(ask(web.slice(-12)))).toBe('x FALLTHROUGH')
})

it.each<[string, unknown]>([
  ['that are no list', { key: 'g', variation: 0 }],
  ['with null among them', [null]],
  ['with text among them', ['g']],
  ['one of which has no key', [{ variation: 0 }]],
])('(S32) prerequisites %s make the flag malformed', (_, prerequisites) => {
  expect(answerOf(ask([flag('f', { prerequisites }), flag('g')], USER))).toBe('MALFORMED_FLAG')
})

it('(S32) never meets a prerequisite without a variation, or with null', () => {
  for (const prerequisite of [{ key: 'g' }, { key: 'g', variation: null }]) {
    const flags = [
      flag('f', { prerequisites: [prerequisite] }),
      flag('g', { ...needs('missing'), offVariation: null }),
    ]
    expect(answerOf(ask(flags))).toBe('z PREREQUISITE_FAILED')
  }
})
