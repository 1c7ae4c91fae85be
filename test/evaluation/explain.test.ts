import { expect, it } from 'vitest'
import type { Context } from '../../src/evaluation/context.ts'
import { evaluate } from '../../src/evaluation/evaluate.ts'
import { evaluateTraced, explanationOf } from '../../src/evaluation/explain.ts'
import type { Explanation } from '../../src/evaluation/explanation.ts'
import { loadPatternEngine } from '../../src/evaluation/pattern-engine.ts'
import type { FlagReader } from '../../src/evaluation/run.ts'
import { Random } from '../support/random.ts'
import { asking, flag, readerOf as readerOfItems, segment, USER } from './ask.ts'
import { contradictionsOf } from './consistent.ts'
import { withJunk } from './differential/junk.ts'
import { makeScenario, type Scenario } from './differential/make-environment.ts'
import { readerOf } from './differential/ours.ts'
import { questionsOf } from './differential/question.ts'

await loadPatternEngine()

function explain(reader: FlagReader, key: string, context: Context): Explanation {
  return explanationOf(key, context, evaluateTraced(reader, key, context))
}

/** The number of scenarios, of 720 evaluations each. */
const SCENARIOS = Number(process.env.HALYARD_EXPLANATION_SCENARIOS ?? 20)

it('(EX1.1, EX1.2) explains the result that the evaluation has, without a contradiction', () => {
  let count = 0
  for (let seed = 1; seed <= SCENARIOS; seed += 1) {
    const scenario = makeScenario(seed)
    count += compare(scenario, seed) + compare(withJunk(new Random(seed), scenario), seed)
  }
  expect(count).toBe(SCENARIOS * 720)
})

/** Compares the explanation with the evaluation for each flag and each context. Returns the number of comparisons. */
function compare(scenario: Scenario, seed: number): number {
  const reader = readerOf(scenario.environment)
  const questions = questionsOf(scenario)
  for (const { key, context } of questions) {
    const { value, variationIndex, reason } = evaluate(reader, key, context as Context)
    const explanation = explain(reader, key, context as Context)
    const where = `seed ${seed}, flag ${key}`
    expect(explanation.result, where).toStrictEqual({ value: value ?? null, variationIndex, reason })
    expect(contradictionsOf(explanation), where).toEqual([])
    expect(JSON.parse(JSON.stringify(explanation)), where).toStrictEqual(explanation)
  }
  return questions.length
}

it('(EX1.3) records nothing in an evaluation that is not explained', () => {
  const evaluation = evaluate(readerOfItems([flag('f')]), 'f', USER)
  expect(evaluation).not.toHaveProperty('trace')
})

it.each<[string, string, unknown, string]>([
  ['a missing flag', 'missing', USER, 'The flag does not exist.'],
  ['an invalid context', 'f', { kind: 'org' }, 'The key of the org is not a string, or is empty.'],
  ['a failing getter', 'f', failing(), 'The evaluation failed: Error: no name'],
])('(EX1.4) has the cause of %s as a step', (_, key, context, problem) => {
  const rules = [{ variation: 1, clauses: [{ attribute: 'name', op: 'in', values: ['a'] }] }]
  const explanation = explain(readerOfItems([flag('f', { rules })]), key, context as Context)
  expect(explanation.steps.at(-1)).toEqual({ type: 'problem', problem })
  expect(explanation.result).toMatchObject({ value: null, variationIndex: null, reason: { kind: 'ERROR' } })
})

function failing(): object {
  return {
    kind: 'user',
    key: 'a',
    get name(): string {
      throw new Error('no name')
    },
  }
}

it('(EX2.1) keeps the first elements of a long list, and the one that decided', () => {
  const rules = Array.from({ length: 300 }, (_, index) => ({
    id: `r${index}`,
    variation: 1,
    clauses: [{ attribute: 'key', op: 'in', values: [`k${index}`] }],
  }))
  const { steps } = explain(readerOfItems([flag('f', { rules })]), 'f', { kind: 'user', key: 'k200' })
  const step = steps.at(-1)
  if (step?.type !== 'rules') return expect.fail('no rules')
  expect(step.rules.total).toBe(201)
  expect(step.notReached).toBe(99)
  expect(step.rules.items.map(({ id }) => id)).toEqual([
    ...Array.from({ length: 49 }, (_, index) => `r${index}`),
    'r200',
  ])
})

it('(EX2.2) shortens long texts and large values, but not the value of the flag', () => {
  const text = 'x'.repeat(10_000)
  const clauses = [{ attribute: 'name', op: 'in', values: [text, Array.from({ length: 100 }, () => 1)] }]
  const data = flag('f', { variations: [text, 'y', 'z'], rules: [{ variation: 1, clauses }] })
  const { result, ...rest } = explain(readerOfItems([data]), 'f', {
    kind: 'user',
    key: 'a',
    name: { text },
  } as unknown as Context)
  expect(result.value).toBe(text)
  expect(JSON.stringify(rest).length).toBeLessThan(2_000)
  expect(JSON.stringify(rest)).toContain('x… (10000 characters)')
})

it('(EX2.3) bounds an explanation of nested segments, and keeps the segments that decided', () => {
  const levels = 9
  const segments = Array.from({ length: levels }, (_, level) => {
    const values = Array.from({ length: 3 }, () => `s${level + 1}`)
    const included = level === levels - 1 ? ['other'] : []
    return segment(`s${level}`, {
      included,
      rules: [{ clauses: [{ op: 'segmentMatch', values, negate: false }] }],
    })
  })
  const data = asking({ op: 'segmentMatch', values: ['s0', 's0', 'last'] })
  const explanation = explain(
    readerOfItems([data], [...segments, segment('last', { included: ['a'] })]),
    'f',
    USER,
  )
  expect(explanation.truncated).toBe(true)
  expect(JSON.stringify(explanation).length).toBeLessThan(2_000_000)
  expect(explanation.result.value).toBe('y')
  const rules = explanation.steps.find((step) => step.type === 'rules')
  const clause = rules?.rules.items[0]?.clauses.items[0]
  if (clause?.type !== 'segments') return expect.fail('no segments')
  expect(clause.segments.items.at(-1)).toMatchObject({
    key: 'last',
    outcome: 'member',
    decidedBy: 'included',
  })
})
