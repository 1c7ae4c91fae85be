import type { Environment } from './make-environment.ts'
import type { OfficialAnswer } from './official.ts'
import type { Evaluate, OurAnswer } from './ours.ts'
import { ask, type Disagreement, type Question } from './question.ts'

/** Removes everything that the difference does not depend on. */
export async function shrink(found: Disagreement, evaluate: Evaluate): Promise<Disagreement> {
  const kind = kindOf(found)
  let smallest = found
  let shrunk = true
  while (shrunk) {
    shrunk = false
    for (const question of smaller(smallest.question)) {
      const still = await ask(question, evaluate)
      if (!still || kindOf(still) !== kind) continue
      smallest = still
      shrunk = true
      break
    }
  }
  return smallest
}

/** Returns whether two differences are of one kind: both sides give the same reasons, except for the rule. */
function kindOf({ official, ours }: Disagreement): string {
  return `${nameOf(official)} / ${nameOf(ours)}`
}

function nameOf(answer: OfficialAnswer | OurAnswer): string {
  if (answer === 'threw' || 'threw' in answer) return 'threw'
  return JSON.stringify({ ...answer.reason, ruleIndex: undefined, ruleId: undefined })
}

/** Yields the question with one part removed, large parts first. */
function* smaller(question: Question): Generator<Question> {
  const { environment, context } = question
  for (const kind of ['flags', 'segments'] as const) {
    for (const [key, text] of environment[kind]) {
      if (kind !== 'flags' || key !== question.key) yield withItem(question, kind, key, undefined)
      for (const less of withoutOne(JSON.parse(text)))
        yield withItem(question, kind, key, JSON.stringify(less))
    }
  }
  for (const less of withoutOne(context)) yield { ...question, context: less }
}

function withItem(
  question: Question,
  kind: keyof Environment,
  key: string,
  text: string | undefined,
): Question {
  const items = new Map(question.environment[kind])
  if (text === undefined) items.delete(key)
  else items.set(key, text)
  return { ...question, environment: { ...question.environment, [kind]: items } }
}

/** Yields the value with one member or element removed, at any depth, outer ones first. */
function* withoutOne(value: unknown): Generator<unknown> {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (const i of value.keys()) yield value.toSpliced(i, 1)
    for (const [i, element] of value.entries())
      for (const less of withoutOne(element)) yield value.with(i, less)
    return
  }
  const members = Object.entries(value)
  for (const [name] of members) yield Object.fromEntries(members.filter(([other]) => other !== name))
  for (const [i, [name, member]] of members.entries())
    for (const less of withoutOne(member)) yield Object.fromEntries(members.with(i, [name, less]))
}
