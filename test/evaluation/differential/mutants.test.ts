import { beforeAll, describe, expect, it } from 'vitest'
import { evaluate } from '../../../src/evaluation/evaluate.ts'
import { loadPatternEngine } from '../../../src/evaluation/pattern-engine.ts'
import { makeScenario, type Scenario } from './make-environment.ts'
import { MUTANTS } from './mutants.ts'
import type { OfficialAnswer } from './official.ts'
import type { Evaluate, OurAnswer } from './ours.ts'
import { askOfficial, firstDisagreement } from './question.ts'

/** Enough seeds for every mutant: some thirty thousand evaluations, of which most mutants need a few hundred. */
const SEEDS = 60

const asked: { readonly scenario: Scenario; readonly answers: readonly OfficialAnswer[] }[] = []
beforeAll(async () => {
  await loadPatternEngine()
  for (let seed = 1; seed <= SEEDS; seed++) {
    const scenario = makeScenario(seed)
    asked.push({ scenario, answers: await askOfficial(scenario) })
  }
})

/** Returns our result of the first question for which it differs from the official SDK. */
function found(candidate: Evaluate): OurAnswer | undefined {
  for (const { scenario, answers } of asked) {
    const disagreement = firstDisagreement(scenario, answers, candidate)
    if (disagreement) return disagreement.ours
  }
  return undefined
}

describe('the comparison detects mutants', () => {
  it('finds no difference without a mutant', () => {
    expect(found(evaluate)).toBeUndefined()
  })

  it.each(MUTANTS)('detects that $name', ({ plant }) => {
    const answer = found(plant(evaluate))
    expect(answer).toBeDefined()
    // A mutant must return a wrong result; an exception does not count.
    expect(answer).not.toMatchObject({ reason: { errorKind: 'EXCEPTION' } })
  })
})
