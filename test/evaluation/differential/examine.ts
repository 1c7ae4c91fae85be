import { expect } from 'vitest'
import type { Context } from '../../../src/evaluation/context.ts'
import { makeScenario } from './make-environment.ts'
import { Official } from './official.ts'
import { type Evaluate, readerOf } from './ours.ts'
import { askOfficial, firstDisagreement, questionsOf } from './question.ts'
import { report } from './report.ts'
import type { Tally } from './tally.ts'

/** Fails if our result differs from that of the official SDK for any question of a seed; counts the cases. */
export async function examine(seed: number, evaluate: Evaluate, tally: Tally): Promise<void> {
  const scenario = makeScenario(seed)
  const answers = await askOfficial(scenario)
  const found = firstDisagreement(scenario, answers, evaluate)
  if (found) expect.fail(await report(seed, found, evaluate))
  for (const [i, question] of questionsOf(scenario).entries()) {
    const answer = answers[i]
    if (answer !== undefined) tally.count(question, answer)
  }
}

/** Compares evaluated prerequisites, which only allFlagsState reports, for two contexts of each seed. */
export async function examinePrerequisites(seed: number, evaluate: Evaluate): Promise<number> {
  const { environment, keys, contexts } = makeScenario(seed)
  const reader = readerOf(environment)
  const official = new Official(environment)
  let asked = 0
  try {
    for (const context of contexts.slice(0, 2)) {
      const received = await official.prerequisites(context)
      for (const key of keys) {
        const theirs = received.get(key)
        if (theirs === undefined) continue
        const { prerequisites } = evaluate(reader, key, context as Context)
        expect(prerequisites, `seed ${seed}: flag ${key} for ${JSON.stringify(context)}`).toEqual(theirs)
        asked += prerequisites.length
      }
    }
    return asked
  } finally {
    official.close()
  }
}
