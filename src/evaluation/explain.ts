import { errorText } from '../model/error-text.ts'
import { type Context, contextProblem } from './context.ts'
import { type ErrorKind, type Evaluation, NO_PATTERN_ENGINE, UNREADABLE } from './detail.ts'
import { evaluateRecording } from './evaluate.ts'
import { shortened } from './excerpt.ts'
import type { Explanation } from './explanation.ts'
import type { FlagReader, MembershipReader } from './run.ts'
import { Trace } from './trace.ts'
import { resultOf } from './traced-flag.ts'

/** A source of memberships in big segments that can be queried. */
export interface QueriedMemberships extends MembershipReader {
  /** Queries a membership that an evaluation missed. */
  query(contextKey: string): Promise<void>
}

/**
 * Evaluates a flag for a context and explains the result. Queries the memberships that the evaluation needs, and rejects if a query
 * does.
 */
export async function explain(
  reader: FlagReader & { readonly memberships?: QueriedMemberships | undefined },
  key: string,
  context: Context,
): Promise<Explanation> {
  for (;;) {
    const evaluation = evaluateTraced(reader, key, context)
    const { missingMembership } = evaluation
    if (missingMembership === undefined || !reader.memberships) return explanationOf(key, context, evaluation)
    await reader.memberships.query(missingMembership)
  }
}

/** Evaluates a flag as `evaluate` does. The result contains the trace of the evaluation. */
export function evaluateTraced(reader: FlagReader, key: string, context: Context): Evaluation {
  const trace = new Trace(reader)
  const evaluation = evaluateRecording(reader, key, { context, records: trace })
  // The caller recognizes it by its identity.
  return evaluation === NO_PATTERN_ENGINE ? evaluation : { ...evaluation, trace }
}

/** Returns the explanation of a traced evaluation, or of one that ended before it reached the flag. */
export function explanationOf(key: string, context: unknown, evaluation: Evaluation): Explanation {
  return (
    evaluation.trace?.explanation(key, evaluation) ?? {
      key: shortened(errorText(key)),
      result: resultOf(evaluation),
      steps: [{ type: 'problem', problem: problemOf(evaluation, context) }],
    }
  )
}

const PROBLEMS: Readonly<Partial<Record<ErrorKind, string>>> = {
  CLIENT_NOT_READY: 'There is no flag data: no source has delivered any yet, or the client is offline.',
  FLAG_NOT_FOUND: 'The flag does not exist.',
}

function problemOf(evaluation: Evaluation, context: unknown): string {
  const { reason } = evaluation
  if (evaluation === NO_PATTERN_ENGINE)
    return 'The pattern engine, which the flag needs, could not be loaded.'
  if (evaluation === UNREADABLE) return 'The database with the flags cannot be read.'
  const kind = reason.kind === 'ERROR' ? reason.errorKind : undefined
  if (kind === 'USER_NOT_SPECIFIED') return `${contextProblem(context) ?? 'The context is invalid'}.`
  return (kind && PROBLEMS[kind]) ?? 'The evaluation failed.'
}
