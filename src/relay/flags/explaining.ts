import type { Clock } from '../../async/clock.ts'
import { timeSlices } from '../../async/slices.ts'
import { withMemberships } from '../../big-segments/memberships.ts'
import { type Context, prepare } from '../../evaluation/context.ts'
import { type Evaluation, NO_PATTERN_ENGINE } from '../../evaluation/detail.ts'
import { evaluatePrepared } from '../../evaluation/evaluate.ts'
import { evaluateTraced, explanationOf } from '../../evaluation/explain.ts'
import { loadPatternEngine } from '../../evaluation/pattern-engine.ts'
import type { FlagReader } from '../../evaluation/run.ts'
import type { Snapshot } from '../../model/change-set.ts'
import { boundedJson } from './bounded-json.ts'
import type { ExplainedLine } from './explained-line.ts'
import { explanationLines } from './explanation-words.ts'
import { evaluationReader, type FlagsReader } from './flags-reader.ts'
import { reasonWords, resultWords } from './reason-words.ts'
import type { Sentence } from './sentence.ts'

/** The data and the context of an evaluation for the page. */
interface Subject {
  readonly reader: FlagsReader
  readonly snapshot: Snapshot
  readonly context: Context
}

export interface FlagExplanation {
  readonly type: 'flag'
  readonly key: string
  readonly version: number | undefined
  readonly result: Sentence
  /** The whole value as JSON, cut if it is very long. */
  readonly value: string
  readonly lines: readonly ExplainedLine[]
}

export interface EvaluatedRow {
  readonly key: string
  /** The value as JSON, cut if it is long; absent if the application gets its fallback value. */
  readonly value?: string
  readonly variation: number | null
  readonly reason: Sentence
}

export interface EvaluatedFlags {
  readonly type: 'flags'
  /** In the order of the request, without flags that do not exist. */
  readonly rows: readonly EvaluatedRow[]
}

const MAX_VALUE_LENGTH = 64 * 1_024
const MAX_ROW_VALUE_LENGTH = 120

/** Explains the evaluation of a flag with the data of a moment. */
export async function explainFlag(subject: Subject, key: string): Promise<FlagExplanation> {
  const { snapshot, context } = subject
  const reader = readerOf(subject)
  const evaluation = await settle(() => evaluateTraced(reader, key, context), reader)
  const explanation = explanationOf(key, context, evaluation)
  const { result } = explanation
  return {
    type: 'flag',
    key,
    version: snapshot.flags.get(key)?.version,
    result: resultWords(result),
    value: boundedJson(result.value, { maxLength: MAX_VALUE_LENGTH, indent: 2 }),
    // A long key is shortened in the explanation.
    lines: explanationLines({ ...explanation, key }, reader),
  }
}

/** Evaluates some flags for a context, in time slices. Rejects with the reason of the signal when that aborts. */
export async function evaluateFlags(
  subject: Subject,
  keys: readonly string[],
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<EvaluatedFlags> {
  const { snapshot, context } = subject
  const reader = readerOf(subject)
  const prepared = prepare(context)
  const pause = timeSlices(clock)
  const rows: EvaluatedRow[] = []
  for (const key of keys) {
    const flag = snapshot.flags.get(key)?.object
    if (!flag || !prepared) continue
    signal.throwIfAborted()
    rows.push(rowOf(key, await settle(() => evaluatePrepared(reader, flag, prepared), reader)))
    const paused = pause()
    if (paused) await paused
  }
  return { type: 'flags', rows }
}

type MembershipsReader = FlagReader & { readonly query?: (contextKey: string) => Promise<void> }

function readerOf({ reader, snapshot }: Subject): MembershipsReader {
  const memberships = reader.memberships()
  const withMembers = withMemberships(evaluationReader(snapshot), memberships)
  return memberships ? { ...withMembers, query: (key) => memberships.query(key) } : withMembers
}

/** Evaluates again after the pattern engine was loaded, or after a membership was queried, if that was missing. */
async function settle(evaluate: () => Evaluation, { query }: MembershipsReader): Promise<Evaluation> {
  let triedEngine = false
  for (;;) {
    const evaluation = evaluate()
    if (evaluation === NO_PATTERN_ENGINE && !triedEngine) {
      triedEngine = true
      // Without the engine, the result is an error that names it.
      await loadPatternEngine().catch(() => undefined)
    } else if (evaluation.missingMembership !== undefined && query) await query(evaluation.missingMembership)
    else return evaluation
  }
}

function rowOf(key: string, { value, variationIndex, reason }: Evaluation): EvaluatedRow {
  return {
    key,
    ...(variationIndex !== null && { value: boundedJson(value, { maxLength: MAX_ROW_VALUE_LENGTH }) }),
    variation: variationIndex,
    reason: reasonWords(reason),
  }
}
