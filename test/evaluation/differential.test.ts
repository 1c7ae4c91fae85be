import { expect, it } from 'vitest'
import { evaluate } from '../../src/evaluation/evaluate.ts'
import { loadPatternEngine } from '../../src/evaluation/pattern-engine.ts'
import { Random } from '../simulation/random.ts'
import { DIFFERENCES } from './differential/differences.ts'
import { examine, examinePrerequisites } from './differential/examine.ts'
import { withJunk } from './differential/junk.ts'
import { makeScenario } from './differential/make-environment.ts'
import { answerOf, readerOf } from './differential/ours.ts'
import { ask, questionsOf } from './differential/question.ts'
import { chosenSeeds, isChosen } from './differential/seeds.ts'
import { MINIMUMS, Tally } from './differential/tally.ts'

await loadPatternEngine()

it('says what the official SDK says: value, variation and reason', async () => {
  const tally = new Tally()
  for (const seed of chosenSeeds()) await examine(seed, evaluate, tally)
  if (isChosen) return
  expect(tally.evaluations).toBeGreaterThan(200_000)
  // What never happened proves nothing.
  const rare = MINIMUMS.filter(([event, count]) => tally.of(event) < count)
  expect(rare.map(([event, count]) => `${event}: ${tally.of(event)} of ${count}`)).toEqual([])
})

it('asks for the prerequisites the official SDK asks for', async () => {
  let asked = 0
  for (const seed of chosenSeeds()) asked += await examinePrerequisites(seed, evaluate)
  if (!isChosen) expect(asked).toBeGreaterThan(1_000)
})

it.each(DIFFERENCES)('means to differ about $name', async ({ example }) => {
  expect(await ask(example, evaluate)).toBeDefined()
})

it('notices a circle through a big segment, in which the official SDK goes round until memory ends', () => {
  const rules = [{ variation: 0, clauses: [{ op: 'segmentMatch', values: ['big'] }] }]
  const segment = { key: 'big', unbounded: true, generation: 1, rules }
  const flag = { key: 'f', on: true, variations: ['x'], rules }
  const reader = { flag: () => flag, segment: () => segment }
  expect(evaluate(reader, 'f', { kind: 'user', key: 'a' })).toMatchObject({
    variationIndex: null,
    reason: { kind: 'ERROR', errorKind: 'MALFORMED_FLAG' },
  })
})

it('answers whatever the data is', () => {
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
