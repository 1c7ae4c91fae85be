import type { OfficialAnswer } from './official.ts'
import type { Evaluate, OurAnswer } from './ours.ts'
import type { Disagreement } from './question.ts'
import { shrink } from './shrink.ts'

/** Formats a difference: both results, the smallest case, and the command that reproduces it. */
export async function report(seed: number, found: Disagreement, evaluate: Evaluate): Promise<string> {
  const { question, official, ours } = await shrink(found, evaluate)
  const items = (['flags', 'segments'] as const).flatMap((kind) =>
    [...question.environment[kind]].map(
      ([key, text]) => `  ${kind.slice(0, -1)} ${JSON.stringify(key)}: ${text}`,
    ),
  )
  return [
    `seed ${seed}: flag ${JSON.stringify(question.key)} for ${shown(question.context)}`,
    `  the official SDK: ${received(official)}`,
    `  ours:             ${received(ours)}`,
    ...items,
    `replay: HALYARD_DIFFERENTIAL_SEEDS=${seed} npx vitest run test/evaluation/differential.test.ts`,
  ].join('\n')
}

function received(answer: OfficialAnswer | OurAnswer): string {
  if (answer === 'threw') return 'threw'
  if ('threw' in answer) return `threw ${String(answer.threw)}`
  const { value, variationIndex, reason } = answer
  return `${shown(reason)}, variation ${variationIndex}: ${shown(value)}`
}

/** Formats a value as JSON, which has no `undefined`. */
function shown(value: unknown): string {
  return JSON.stringify(value) ?? String(value)
}
