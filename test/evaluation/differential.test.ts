import { expect, it } from 'vitest'
import { evaluate } from '../../src/evaluation/evaluate.ts'
import { loadPatternEngine } from '../../src/evaluation/pattern-engine.ts'
import { Random } from '../support/random.ts'
import { DIFFERENCES } from './differential/differences.ts'
import { examine, examinePrerequisites } from './differential/examine.ts'
import { withJunk } from './differential/junk.ts'
import { makeScenario } from './differential/make-environment.ts'
import { answerOf, readerOf } from './differential/ours.ts'
import { ask, questionsOf } from './differential/question.ts'
import { chosenSeeds, isChosen } from './differential/seeds.ts'
import { MINIMUMS, Tally } from './differential/tally.ts'

await loadPatternEngine()

it('returns the value, variation and reason of the official SDK', async () => {
  const tally = new Tally()
  for (const seed of chosenSeeds()) await examine(seed, evaluate, tally)
  if (isChosen) return
  expect(tally.evaluations).toBeGreaterThan(200_000)
  // A case that never occurred proves nothing.
  const rare = MINIMUMS.filter(([event, count]) => tally.of(event) < count)
  expect(rare.map(([event, count]) => `${event}: ${tally.of(event)} of ${count}`)).toEqual([])
})

it('evaluates the same prerequisites as the official SDK', async () => {
  let asked = 0
  for (const seed of chosenSeeds()) asked += await examinePrerequisites(seed, evaluate)
  if (!isChosen) expect(asked).toBeGreaterThan(1_000)
})

it.each(DIFFERENCES)('differs on purpose: $name', async ({ example }) => {
  expect(await ask(example, evaluate)).toBeDefined()
})

it('detects a cycle through a big segment, which the official SDK follows until it runs out of memory', () => {
  const rules = [{ variation: 0, clauses: [{ op: 'segmentMatch', values: ['big'] }] }]
  const segment = { key: 'big', unbounded: true, generation: 1, rules }
  const flag = { key: 'f', on: true, variations: ['x'], rules }
  const reader = { flag: () => flag, segment: () => segment }
  expect(evaluate(reader, 'f', { kind: 'user', key: 'a' })).toMatchObject({
    variationIndex: null,
    reason: { kind: 'ERROR', errorKind: 'MALFORMED_FLAG' },
  })
})

it('returns a result for any data', () => {
  let errors = 0
  for (const seed of chosenSeeds()) {
    const scenario = withJunk(new Random(seed), makeScenario(seed))
    const reader = readerOf(scenario.environment)
    for (const { key, context } of questionsOf(scenario)) {
      const answer = answerOf(evaluate, reader, key, context)
      if ('threw' in answer) expect.fail(`seed ${seed}: flag ${key} threw ${String(answer.threw)}`)
      if (answer.reason.kind === 'ERROR') errors += 1
      expect(answer.variationIndex === null, `seed ${seed}: flag ${key}`).toBe(answer.value === undefined)
    }
  }
  if (!isChosen) expect(errors).toBeGreaterThan(10_000)
})
