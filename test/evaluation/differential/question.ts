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

/** A question to which two answers were given. */
export interface Disagreement {
  readonly question: Question
  readonly official: OfficialAnswer
  readonly ours: OurAnswer
}

/** Every question of a scenario, in one order. */
export function questionsOf({ environment, keys, contexts }: Scenario): readonly Question[] {
  return contexts.flatMap((context) => keys.map((key) => ({ environment, key, context })))
}

/** What the official SDK says to each question of a scenario. */
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

/** The first question to which we have another answer. */
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

/** Asks both one question, from scratch. */
export async function ask(question: Question, evaluate: Evaluate): Promise<Disagreement | undefined> {
  const { environment, key, context } = question
  const scenario = { environment, keys: [key], contexts: [context] }
  return firstDisagreement(scenario, await askOfficial(scenario), evaluate)
}
