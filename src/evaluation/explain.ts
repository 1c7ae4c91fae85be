import type { Context } from './context.ts'
import type { Evaluation } from './detail.ts'
import { evaluate } from './evaluate.ts'
import type { Explanation } from './explanation.ts'
import type { FlagReader } from './run.ts'

/** Evaluates a flag for a context and explains the result. Has no side effects and never throws. */
export function explain(reader: FlagReader, key: string, context: Context): Explanation {
  return explanationOf(key, evaluate(reader, key, context))
}

function explanationOf(key: string, { value, variationIndex, reason, flag }: Evaluation): Explanation {
  const version = flag?.version
  return {
    key,
    ...(typeof version === 'number' && { version }),
    result: { value: value ?? null, variationIndex, reason },
    steps: [],
  }
}
