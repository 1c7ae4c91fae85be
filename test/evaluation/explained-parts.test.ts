import { expect, it } from 'vitest'
import type { Context } from '../../src/evaluation/context.ts'
import { evaluateTraced, explanationOf } from '../../src/evaluation/explain.ts'
import type { AttributeClause } from '../../src/evaluation/explained-clause.ts'
import type { ExplainedServing, Explanation } from '../../src/evaluation/explanation.ts'
import { asking, flag, type Members, readerOf, segment } from './ask.ts'

function explain(data: Members, context: unknown, segments: readonly Members[] = []): Explanation {
  const reader = readerOf([data], segments)
  const evaluation = evaluateTraced(reader, 'f', context as Context)
  return explanationOf('f', context, evaluation)
}

const context = { kind: 'user', key: 'a', name: 'Ada', age: 30, groups: ['x', 'y'], version: '2.0.0' }

function clauseOf(members: Members): AttributeClause {
  const step = explain(asking({ contextKind: 'user', negate: false, ...members }), context).steps[1]
  const clause = step?.type === 'rules' ? step.rules.items[0]?.clauses.items[0] : undefined
  return clause?.type === 'attribute' ? clause : expect.fail('no clause')
}

it.each<[Members, AttributeClause['cause'], AttributeClause['outcome']]>([
  [{ attribute: 'name', op: 'in', values: ['Ben'] }, undefined, 'not matched'],
  [{ attribute: 'name', op: 'in', values: ['Ada'] }, undefined, 'matched'],
  [{ attribute: 'name', op: 'in', values: [] }, 'no usable values', 'not matched'],
  [{ attribute: 'plan', op: 'in', values: ['team'] }, 'no such attribute', 'not matched'],
  [{ attribute: 'plan', op: 'in', values: ['team'], negate: true }, 'no such attribute', 'not matched'],
  [{ attribute: 'key', contextKind: 'org', op: 'in', values: ['a'] }, 'no such kind', 'not matched'],
  [{ attribute: 'name', op: 'equals', values: ['Ada'] }, 'unknown operator', 'not matched'],
  [{ attribute: 'name', op: 'equals', values: ['Ada'], negate: true }, 'unknown operator', 'matched'],
  [{ attribute: 'name', op: 'lessThan', values: [5] }, 'wrong type', 'not matched'],
  [{ attribute: 'age', op: 'startsWith', values: ['3'] }, 'wrong type', 'not matched'],
  [{ attribute: 'age', op: 'lessThan', values: ['40'] }, 'no usable values', 'not matched'],
  [{ attribute: 'age', op: 'lessThan', values: [20] }, undefined, 'not matched'],
  [{ attribute: 'name', op: 'before', values: [5] }, 'wrong type', 'not matched'],
  [{ attribute: 'version', op: 'semVerLessThan', values: ['one'] }, 'no usable values', 'not matched'],
  [{ attribute: 'name', op: 'semVerLessThan', values: ['3.0.0'] }, 'wrong type', 'not matched'],
  [{ attribute: 'groups', op: 'startsWith', values: ['z'] }, undefined, 'not matched'],
  [{ attribute: 'groups', op: 'greaterThan', values: [1] }, 'wrong type', 'not matched'],
  [{ attribute: '/a//b', op: 'in', values: ['x'] }, 'malformed reference', 'malformed'],
])('(EX1.5) states the cause of the clause %j', (members, cause, outcome) => {
  const clause = clauseOf(members)
  expect(clause.cause).toBe(cause)
  expect(clause.outcome).toBe(outcome)
})

it('(EX1.6) names a refused pattern', () => {
  const clause = clauseOf({ attribute: 'name', op: 'matches', values: ['(a)\\1', 'Bea'] })
  expect(clause).toMatchObject({
    outcome: 'not matched',
    refusedPattern: { pattern: '(a)\\1', reason: expect.stringContaining('back-reference') },
  })
})

function servingOf(rollout: Members): ExplainedServing | undefined {
  return explain(flag('f', { fallthrough: { rollout } }), context).steps.at(-1)?.serves
}

const HALVES = [
  { variation: 0, weight: 30_000 },
  { variation: 1, weight: 70_000 },
]

it('(EX1.7) explains a rollout with its bucket and its arms', () => {
  const serves = servingOf({ contextKind: 'user', variations: HALVES })
  expect(serves).toEqual({
    type: 'rollout',
    kind: 'rollout',
    contextKind: 'user',
    attribute: 'key',
    seen: { type: 'value', value: 'a' },
    prefix: 'f.salt.',
    prefixFrom: 'salt',
    bucket: expect.any(Number),
    hashed: true,
    arms: {
      items: [
        { index: 0, variation: 0, weight: 30_000, from: 0, to: 0.3 },
        { index: 1, variation: 1, weight: 70_000, from: 0.3, to: 1 },
      ],
      total: 2,
    },
    chosen: expect.objectContaining({ index: 1, variation: 1 }),
    chosenBy: 'bucket',
    variationIndex: 1,
    inExperiment: false,
  })
})

it('(EX1.7) explains seeds, experiments, attributes without a bucket, and the rest', () => {
  expect(servingOf({ kind: 'experiment', seed: 61, contextKind: 'user', variations: HALVES })).toMatchObject({
    kind: 'experiment',
    prefix: '61.',
    prefixFrom: 'seed',
    inExperiment: true,
  })
  expect(servingOf({ contextKind: 'user', bucketBy: '/groups', variations: HALVES })).toMatchObject({
    attribute: 'groups',
    seen: { type: 'value', value: ['x', 'y'] },
    hashed: false,
    bucket: 0,
    chosen: { index: 0 },
  })
  expect(servingOf({ contextKind: 'org', variations: HALVES })).toMatchObject({
    seen: { type: 'absent' },
    hashed: false,
    chosen: { index: 0 },
  })
  expect(servingOf({ contextKind: 'user', variations: [{ variation: 1, weight: 1 }] })).toMatchObject({
    chosenBy: 'rest',
    chosen: { index: 0, from: 0, to: 0.000_01 },
    variationIndex: 1,
  })
})

it('(EX1.2) explains the path through nested segments, with a share of a segment', () => {
  const inner = segment('inner', {
    rules: [
      {
        id: 'half',
        weight: 100_000,
        clauses: [{ contextKind: 'user', attribute: 'name', op: 'in', values: ['Ada'] }],
      },
    ],
  })
  const outer = segment('outer', {
    rules: [{ id: 'nested', clauses: [{ op: 'segmentMatch', values: ['none', 'inner'] }] }],
  })
  const { steps } = explain(asking({ op: 'segmentMatch', values: ['outer', 'later'] }), context, [
    outer,
    inner,
  ])
  const step = steps.at(-1)
  if (step?.type !== 'rules') return expect.fail('no rules')
  const member = { outcome: 'member', decidedBy: 'rule', version: 1 }
  expect(step.rules.items[0]?.clauses.items[0]).toMatchObject({
    type: 'segments',
    segments: {
      total: 2,
      items: [
        {
          key: 'outer',
          ...member,
          rules: {
            items: [
              {
                id: 'nested',
                clauses: {
                  items: [
                    {
                      segments: {
                        items: [
                          { key: 'none', outcome: 'missing' },
                          {
                            key: 'inner',
                            ...member,
                            rules: {
                              items: [
                                {
                                  id: 'half',
                                  outcome: 'matched',
                                  rollout: { weight: 100_000, attribute: 'key', prefix: 'inner.salt.' },
                                },
                              ],
                            },
                          },
                        ],
                      },
                    },
                  ],
                },
              },
            ],
          },
        },
        { key: 'later', outcome: 'not evaluated' },
      ],
    },
  })
})
