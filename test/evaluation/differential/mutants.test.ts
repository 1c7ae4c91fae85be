import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeScenario, type Scenario } from './make-environment.ts'
import { MUTANTS } from './mutants.ts'
import { Nursery } from './nursery.ts'
import type { OfficialAnswer } from './official.ts'
import type { Evaluate, OurAnswer } from './ours.ts'
import { askOfficial, firstDisagreement } from './question.ts'

/** Enough for every one of them: some thirty thousand evaluations, of which most mistakes need a few hundred. */
const SEEDS = 60

const nursery = new Nursery()
afterAll(() => nursery.remove())

const asked: { readonly scenario: Scenario; readonly answers: readonly OfficialAnswer[] }[] = []
beforeAll(async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const scenario = makeScenario(seed)
    asked.push({ scenario, answers: await askOfficial(scenario) })
  }
})

/** What we say where the comparison finds that it is not what the official SDK says. */
function found(evaluate: Evaluate): OurAnswer | undefined {
  for (const { scenario, answers } of asked) {
    const disagreement = firstDisagreement(scenario, answers, evaluate)
    if (disagreement) return disagreement.ours
  }
  return undefined
}

describe('a comparison that cannot fail proves nothing', () => {
  it('finds nothing where nothing was planted', async () => {
    expect(found(await nursery.plant(undefined))).toBeUndefined()
  })

  it.each(MUTANTS)('finds out when $name', async (mutant) => {
    const answer = found(await nursery.plant(mutant))
    expect(answer).toBeDefined()
    // A mistake must be a wrong answer, not merely code that does not run.
    expect(answer).not.toMatchObject({ reason: { errorKind: 'EXCEPTION' } })
  })

  it('refuses to plant what has no place any more', async () => {
    const gone = { name: 'gone', file: 'src/evaluation/split.ts', from: 'not there', to: '' }
    await expect(nursery.plant(gone)).rejects.toThrow('holds 0 times')
  })
})
