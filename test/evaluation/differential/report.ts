import type { OfficialAnswer } from './official.ts'
import type { Evaluate, OurAnswer } from './ours.ts'
import type { Disagreement } from './question.ts'
import { shrink } from './shrink.ts'

/** A disagreement as people need it: both answers, the smallest case, and how to see it again. */
export async function report(seed: number, found: Disagreement, evaluate: Evaluate): Promise<string> {
  const { question, official, ours } = await shrink(found, evaluate)
  const items = (['flags', 'segments'] as const).flatMap((kind) =>
    [...question.environment[kind]].map(
      ([key, text]) => `  ${kind.slice(0, -1)} ${JSON.stringify(key)}: ${text}`,
    ),
  )
  return [
    `seed ${seed}: flag ${JSON.stringify(question.key)} for ${shown(question.context)}`,
    `  the official SDK: ${told(official)}`,
    `  ours:             ${told(ours)}`,
    ...items,
    `replay: HALYARD_DIFFERENTIAL_SEEDS=${seed} npx vitest run test/evaluation/differential.test.ts`,
  ].join('\n')
}

function told(answer: OfficialAnswer | OurAnswer): string {
  if (answer === 'threw') return 'threw'
  if ('threw' in answer) return `threw ${String(answer.threw)}`
  const { value, variationIndex, reason } = answer
  return `${shown(reason)}, variation ${variationIndex}: ${shown(value)}`
}

/** JSON says nothing of `undefined`. */
function shown(value: unknown): string {
  return JSON.stringify(value) ?? String(value)
}
