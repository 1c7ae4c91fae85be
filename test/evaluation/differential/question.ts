import { agree } from './agree.ts'
import type { Environment, Scenario } from './make-environment.ts'
import { Official, type OfficialAnswer } from './official.ts'
import { answerOf, type Evaluate, type OurAnswer, readerOf } from './ours.ts'

/** One evaluation: a flag of an environment, for a context. */
export interface Question {
  readonly environment: Environment
  readonly key: string
  readonly context: unknown
}

/** A question with two different results. */
export interface Disagreement {
  readonly question: Question
  readonly official: OfficialAnswer
  readonly ours: OurAnswer
}

/** Returns every question of a scenario, in a fixed order. */
export function questionsOf({ environment, keys, contexts }: Scenario): readonly Question[] {
  return contexts.flatMap((context) => keys.map((key) => ({ environment, key, context })))
}

/** Returns the results of the official SDK for each question of a scenario. */
export async function askOfficial(scenario: Scenario): Promise<readonly OfficialAnswer[]> {
  const official = new Official(scenario.environment)
  try {
    const answers: OfficialAnswer[] = []
    for (const { key, context } of questionsOf(scenario)) answers.push(await official.evaluate(key, context))
    return answers
  } finally {
    official.close()
  }
}

/** Returns the first question with a different result. */
export function firstDisagreement(
  scenario: Scenario,
  answers: readonly OfficialAnswer[],
  evaluate: Evaluate,
): Disagreement | undefined {
  const reader = readerOf(scenario.environment)
  for (const [i, question] of questionsOf(scenario).entries()) {
    const official = answers[i] as OfficialAnswer
    const ours = answerOf(evaluate, reader, question.key, question.context)
    if (!agree(official, ours)) return { question, official, ours }
  }
  return undefined
}

/** Evaluates one question on both sides, with fresh clients. */
export async function ask(question: Question, evaluate: Evaluate): Promise<Disagreement | undefined> {
  const { environment, key, context } = question
  const scenario = { environment, keys: [key], contexts: [context] }
  return firstDisagreement(scenario, await askOfficial(scenario), evaluate)
}
