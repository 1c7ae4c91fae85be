import { describe, expect, it } from 'vitest'
import type { Flag, Segment } from '../../../src/model/flag.ts'
import { clausesWords, clauseWords } from '../../../src/relay/flags/clause-words.ts'
import { summaryWords, targetingSteps } from '../../../src/relay/flags/flag-words.ts'
import { segmentSteps, segmentSummary } from '../../../src/relay/flags/segment-words.ts'
import { textOf } from '../../../src/relay/flags/sentence.ts'
import { withJunk } from '../../evaluation/differential/junk.ts'
import { makeScenario } from '../../evaluation/differential/make-environment.ts'
import { chosenSeeds } from '../../evaluation/differential/seeds.ts'
import { Random } from '../../support/random.ts'

const NO_FLAGS = { flag: () => undefined }

function clause(members: object): string {
  return textOf(clauseWords({ attribute: 'email', op: 'in', values: ['a'], ...members }))
}

/** Returns the steps of a flag that is on, without the one for the off variation. */
function steps(members: object, others: Readonly<Record<string, Flag>> = {}): readonly string[] {
  const flag: Flag = {
    key: 'f',
    on: true,
    variations: [true, false],
    fallthrough: { variation: 0 },
    ...members,
  }
  return targetingSteps(flag, { flag: (key) => others[key] })
    .slice(1)
    .map(({ words }) => textOf(words))
}

describe('(PG22.2) a condition', () => {
  it.each<[string, object, string]>([
    ['in', { op: 'in' }, 'email is "a"'],
    [
      'in, with several values',
      { op: 'in', values: ['a', 'b', 5, true] },
      'email is one of "a", "b", 5 or true',
    ],
    ['startsWith', { op: 'startsWith' }, 'email starts with "a"'],
    ['endsWith', { op: 'endsWith', values: ['@a', '@b'] }, 'email ends with "@a" or "@b"'],
    ['contains', { op: 'contains' }, 'email contains "a"'],
    ['matches', { op: 'matches', values: ['^a+$'] }, 'email matches the pattern "^a+$"'],
    ['lessThan', { attribute: 'age', op: 'lessThan', values: [5] }, 'age is less than 5'],
    ['lessThanOrEqual', { attribute: 'age', op: 'lessThanOrEqual', values: [5] }, 'age is at most 5'],
    ['greaterThan', { attribute: 'age', op: 'greaterThan', values: [5] }, 'age is greater than 5'],
    ['greaterThanOrEqual', { attribute: 'age', op: 'greaterThanOrEqual', values: [5] }, 'age is at least 5'],
    ['before', { op: 'before', values: [0] }, 'email is before 1970-01-01T00:00:00.000Z'],
    ['after', { op: 'after', values: ['2026-01-01T00:00:00Z'] }, 'email is after "2026-01-01T00:00:00Z"'],
    ['semVerEqual', { op: 'semVerEqual', values: ['1.2.3'] }, 'email is version "1.2.3"'],
    ['semVerLessThan', { op: 'semVerLessThan', values: ['1.2.3'] }, 'email is a version before "1.2.3"'],
    ['semVerGreaterThan', { op: 'semVerGreaterThan', values: ['1.2.3'] }, 'email is a version after "1.2.3"'],
    ['segmentMatch', { op: 'segmentMatch', values: ['beta'] }, 'the context is in segment beta'],
    [
      'segmentMatch, with several values',
      { op: 'segmentMatch', values: ['beta', 'staff'] },
      'the context is in one of the segments beta or staff',
    ],
    [
      'negated segmentMatch',
      { op: 'segmentMatch', negate: true, values: ['beta'] },
      'the context is not in segment beta',
    ],
    ['a negation', { negate: true }, 'email is set and is not "a"'],
    [
      'a negation with several values',
      { negate: true, values: ['a', 'b'] },
      'email is set and is none of "a" or "b"',
    ],
    ['another kind', { contextKind: 'organization', attribute: 'plan' }, 'plan of organization is "a"'],
    ['the kind', { attribute: 'kind', values: ['device'] }, 'the kind of the context is "device"'],
    [
      'many values',
      { values: Array.from({ length: 1_234 }, (_, index) => index) },
      'email is one of 0, 1, 2, 3, 4 and 1,229 more',
    ],
    ['no values', { values: [] }, 'email is compared with no values, which never matches'],
    ['a negation without values', { values: [], negate: true }, 'email is set'],
    ['an unknown operator', { op: 'isLike' }, 'email has the unknown operator isLike, which never matches'],
    ['an inherited name', { op: 'toString' }, 'email has the unknown operator toString, which never matches'],
    [
      'an invalid attribute',
      { contextKind: 'user', attribute: '/a//b' },
      'the invalid attribute /a//b matches',
    ],
    ['values that are no list', { values: 'a' }, 'a condition with malformed values applies'],
  ])('with %s', (_, members, words) => {
    expect(clause(members)).toBe(words)
  })

  it('that is not an object is malformed, and more than twenty are counted', () => {
    expect(textOf(clauseWords(null))).toBe('a malformed condition applies')
    const many = Array.from({ length: 25 }, () => ({ attribute: 'a', op: 'in', values: [1] }))
    expect(textOf(clausesWords(many))).toMatch(/^a is 1 and a is 1 .* and 5 more conditions$/)
  })
})

describe('(PG22.1) the targeting of a flag has one sentence for each step', () => {
  it('names the off variation, also if there is none', () => {
    const off = (members: object): string =>
      textOf(targetingSteps({ key: 'f', variations: ['x', 'y'], ...members }, NO_FLAGS)[0]?.words ?? [])
    expect(off({ offVariation: 1 })).toBe('While the flag is off, everyone → variation 1 ("y").')
    expect(off({})).toBe(
      'While the flag is off, everyone → no variation: SDKs use the fallback value of the application.',
    )
  })

  it('writes rules, rollouts and experiments', () => {
    const clauses = [{ attribute: 'email', op: 'endsWith', values: ['@example.com'] }]
    const shares = [
      { variation: 0, weight: 12_500 },
      { variation: 1, weight: 87_500, untracked: true },
    ]
    expect(
      steps({
        rules: [
          { clauses, variation: 1 },
          { clauses, rollout: { variations: shares, bucketBy: 'country' } },
          {
            clauses: [],
            rollout: { kind: 'experiment', contextKind: 'device', seed: 61, variations: shares },
          },
          { variation: 0 },
          { clauses, variation: 7 },
        ],
      }),
    ).toEqual([
      'If email ends with "@example.com" → variation 1 (false).',
      'If email ends with "@example.com" → 12.5% variation 0 (true), 87.5% variation 1 (false), split by country.',
      'Always → an experiment: 12.5% variation 0 (true), 87.5% variation 1 (false) outside of the experiment, split by key of device, with seed 61.',
      'Never, because there are no conditions → variation 0 (true).',
      'If email ends with "@example.com" → variation 7, which does not exist.',
      'Everyone else → variation 0 (true).',
    ])
  })

  it('counts targets, and orders them as the evaluation does', () => {
    const values = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    expect(
      steps({
        targets: [{ variation: 0, values }],
        contextTargets: [
          { contextKind: 'device', variation: 1, values: ['phone'] },
          { contextKind: 'user', variation: 0, values: [] },
        ],
      }).slice(0, -1),
    ).toEqual([
      '1 device key → variation 1 (false): "phone".',
      '7 user keys → variation 0 (true): "a", "b", "c", "d", "e" and 2 more.',
    ])
  })

  it('states the variation that a prerequisite must have', () => {
    const others = { g: { key: 'g', variations: ['x', 'y'] } }
    const prerequisites = [
      { key: 'g', variation: 1 },
      { key: 'h', variation: 0 },
    ]
    expect(steps({ prerequisites }, others).slice(0, 2)).toEqual([
      'Flag g must be on with variation 1 ("y"); otherwise the off variation applies.',
      'Flag h, which does not exist, is required; so everyone gets the off variation.',
    ])
  })

  it('counts what is beyond a hundred steps of a kind', () => {
    const written = steps({ rules: Array.from({ length: 5_000 }, () => ({ clauses: [], variation: 0 })) })
    expect(written).toHaveLength(102)
    expect(written[100]).toBe('4,900 more steps of this kind.')
  })
})

it('(PG20.2) the summary of a flag is short', () => {
  const flag = {
    key: 'f',
    on: true,
    variations: [true, false],
    offVariation: 1,
    fallthrough: { variation: 0 },
  }
  const shares = [
    { variation: 0, weight: 20_000 },
    { variation: 1, weight: 80_000 },
  ]
  const summary = (members: object): string => textOf(summaryWords({ ...flag, ...members }))
  expect(summary({ on: false })).toBe('Off: false')
  expect(summary({})).toBe('true for everyone')
  expect(summary({ fallthrough: { rollout: { variations: shares } } })).toBe(
    '20% true and 80% false for everyone',
  )
  expect(summary({ rules: [{}, {}], prerequisites: [{ key: 'g', variation: 0 }] })).toBe(
    '1 prerequisite, 2 rules, otherwise true',
  )
  expect(summary({ on: false, offVariation: null })).toBe('Off: no value')
})

it('(PG24.1) the members and rules of a segment are written in sentences, and a big segment is named', () => {
  const words = (segment: Segment): readonly string[] => segmentSteps(segment).map(textOf)
  const clauses = [{ attribute: 'a', op: 'in', values: [1] }]
  const segment: Segment = {
    key: 's',
    included: ['a'],
    excludedContexts: [{ contextKind: 'device', values: ['x', 'y'] }],
    rules: [{ clauses }, { clauses, weight: 12_345 }],
  }
  expect(words(segment)).toEqual([
    '1 user key is included: "a".',
    '2 device keys are excluded: "x" and "y".',
    'If a is 1 → included.',
    'If a is 1 → included for 12.345% of contexts, split by key.',
    'No other contexts are in the segment.',
  ])
  expect(textOf(segmentSummary(segment))).toBe('1 included key, 2 excluded keys, 2 rules')
  const big: Segment = { key: 's', unbounded: true, unboundedContextKind: 'device', generation: 7 }
  expect(words(big)[0]).toBe('Big segment: the members are device keys in a separate store, generation 7.')
  expect(textOf(segmentSummary(big))).toBe('Big segment')
  expect(words({ key: 's' })).toEqual(['It has no members.'])
})

it('(PG22.4) any data has words, and they are short', () => {
  let written = 0
  for (const seed of chosenSeeds().slice(0, 300)) {
    for (const { environment } of [makeScenario(seed), withJunk(new Random(seed), makeScenario(seed))]) {
      const flags = new Map([...environment.flags].map(([key, text]) => [key, JSON.parse(text)]))
      const reader = { flag: (key: string) => flags.get(key) }
      for (const flag of flags.values()) {
        const texts = [summaryWords(flag), ...targetingSteps(flag, reader).map(({ words }) => words)].map(
          textOf,
        )
        expect(texts.join('\n')).not.toMatch(/undefined|\[object/)
        expect(Math.max(...texts.map(({ length }) => length))).toBeLessThan(5_000)
        written += texts.length
      }
      for (const text of environment.segments.values()) {
        const segment = JSON.parse(text)
        written += [segmentSummary(segment), ...segmentSteps(segment)].map(textOf).length
      }
    }
  }
  expect(written).toBeGreaterThan(5_000)
})
