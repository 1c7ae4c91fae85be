import { beforeAll, describe, expect, it } from 'vitest'
import { evaluate } from '../../../src/evaluation/evaluate.ts'
import { loadPatternEngine } from '../../../src/evaluation/pattern-engine.ts'
import { makeScenario, type Scenario } from './make-environment.ts'
import { MUTANTS } from './mutants.ts'
import type { OfficialAnswer } from './official.ts'
import type { Evaluate, OurAnswer } from './ours.ts'
import { askOfficial, firstDisagreement } from './question.ts'

/** Enough for every one of them: some thirty thousand evaluations, of which most mistakes need a few hundred. */
const SEEDS = 60

const asked: { readonly scenario: Scenario; readonly answers: readonly OfficialAnswer[] }[] = []
beforeAll(async () => {
  await loadPatternEngine()
  for (let seed = 1; seed <= SEEDS; seed++) {
    const scenario = makeScenario(seed)
    asked.push({ scenario, answers: await askOfficial(scenario) })
  }
})

/** What we say where the comparison finds that it is not what the official SDK says. */
function found(candidate: Evaluate): OurAnswer | undefined {
  for (const { scenario, answers } of asked) {
    const disagreement = firstDisagreement(scenario, answers, candidate)
    if (disagreement) return disagreement.ours
  }
  return undefined
}

describe('the comparison finds planted mistakes', () => {
  it('finds nothing if nothing is planted', () => {
    expect(found(evaluate)).toBeUndefined()
  })

  it.each(MUTANTS)('finds that $name', ({ plant }) => {
    const answer = found(plant(evaluate))
    expect(answer).toBeDefined()
    // A mistake must be a wrong answer, not merely code that does not run.
    expect(answer).not.toMatchObject({ reason: { errorKind: 'EXCEPTION' } })
  })
})
