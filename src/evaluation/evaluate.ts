import type { Flag } from '../model/flag.ts'
import { CompiledFlag } from './compiled-flag.ts'
import { type Context, type PreparedContext, partOf, prepare } from './context.ts'
import {
  type Evaluation,
  EXCEPTION,
  FLAG_NOT_FOUND,
  malformed,
  NO_PATTERN_ENGINE,
  USER_NOT_SPECIFIED,
} from './detail.ts'
import { PatternEngineMissingError } from './pattern-engine.ts'
import { pick } from './rollout.ts'
import { type FlagReader, type Path, type Recording, Run } from './run.ts'
import { matchClauses } from './segments.ts'

/** Compiled flags, by flag. A changed flag is a new object, so entries never become stale. */
const compiledFlags = new WeakMap<Flag, CompiledFlag>()

/** Evaluates a flag for a context. Has no side effects and never throws: a problem is an evaluation with reason `ERROR`. */
export function evaluate(reader: FlagReader, key: string, context: Context): Evaluation {
  return evaluateRecording(reader, key, { context, records: 'nothing' })
}

/** Evaluates a flag as {@link evaluate} does. The result contains the evaluations of all prerequisites, for analytics events. */
export function evaluateRecorded(reader: FlagReader, key: string, context: Context): Evaluation {
  return evaluateRecording(reader, key, { context, records: 'prerequisites' })
}

/** Evaluates a flag for a context that was prepared once for many flags. */
export function evaluatePrepared(reader: FlagReader, flag: Flag, context: PreparedContext): Evaluation {
  return complete(flag, new Run(reader, context, 'nothing'))
}

/** Returns the evaluation of a flag that has the same result for all contexts, or `undefined` if the result may differ. */
export function constantEvaluation(flag: Flag): Evaluation | undefined {
  try {
    return compiledFlag(flag).constant
  } catch {
    // The data is malformed in a way that each evaluation reports.
    return undefined
  }
}

/** Evaluates a flag as {@link evaluate} does, and records the evaluation. */
export function evaluateRecording(
  reader: FlagReader,
  key: string,
  { context, records }: RecordedInput,
): Evaluation {
  const prepared = prepare(context)
  if (prepared === undefined) return USER_NOT_SPECIFIED
  const flag = reader.flag(key)
  return flag === undefined ? FLAG_NOT_FOUND : complete(flag, new Run(reader, prepared, records))
}

export interface RecordedInput {
  readonly context: Context
  readonly records: Recording
}

function complete(flag: Flag, run: Run): Evaluation {
  try {
    const result = decide(compiledFlag(flag), run, undefined)
    const { bigSegments, refusal, recorded } = run
    const isPlain = bigSegments === undefined && refusal === undefined && recorded === undefined
    return isPlain ? result : annotated(result, run)
  } catch (error) {
    run.trace?.failed(error)
    // Other errors: a getter of the context threw, or the data is malformed in a way that is not handled.
    return isEngineMissing(error) ? NO_PATTERN_ENGINE : { ...EXCEPTION, flag }
  }
}

/** Returns whether the flag needs the pattern engine, which is not loaded. The error may be any value, even a revoked Proxy. */
function isEngineMissing(error: unknown): boolean {
  try {
    return error instanceof PatternEngineMissingError
  } catch {
    return false
  }
}

function decide(flag: CompiledFlag, run: Run, path: Path | undefined): Evaluation {
  run.trace?.enterFlag(flag)
  if (!flag.on) return flag.off
  return (
    checkPrerequisites(flag, run, path) ??
    matchTargets(flag, run) ??
    matchRules(flag, run) ??
    fallThrough(flag, run)
  )
}

/** Returns the evaluation for a prerequisite that is not met, or `undefined` if all are met. */
function checkPrerequisites(flag: CompiledFlag, run: Run, path: Path | undefined): Evaluation | undefined {
  const { trace } = run
  let failure: Evaluation | undefined
  for (let index = 0; index < flag.prerequisites.length; index += 1) {
    const prerequisite = flag.prerequisites[index]
    if (prerequisite === undefined) {
      trace?.skipPrerequisite(undefined, 'malformed')
      return malformed(flag.flag, flag.keysBefore(index))
    }
    const here = run.step(path, prerequisite.key)
    if (here === undefined) {
      trace?.skipPrerequisite(prerequisite, 'circle')
      // A cycle. If a later prerequisite fails, its result takes precedence, as in the official SDK.
      failure = malformed(flag.flag, flag.keysBefore(index))
      continue
    }
    const wanted = run.reader.flag(prerequisite.key)
    if (wanted === undefined) {
      trace?.skipPrerequisite(prerequisite, 'missing')
      return flag.prerequisiteFailed(index, index)
    }
    const evaluation = decide(compiledFlag(wanted), run, here)
    run.record({ key: prerequisite.key, flag: wanted, evaluation, prereqOf: flag.flag.key ?? '' })
    const { reason, variationIndex } = evaluation
    if (reason.kind === 'ERROR') {
      trace?.prerequisite(prerequisite, 'error', evaluation)
      return malformed(flag.flag, flag.keysBefore(index + 1))
    }
    if (reason.kind === 'OFF' || variationIndex !== prerequisite.variation) {
      trace?.prerequisite(prerequisite, 'failed', evaluation)
      return flag.prerequisiteFailed(index, index + 1)
    }
    trace?.prerequisite(prerequisite, 'met', evaluation)
  }
  return failure
}

function matchTargets(flag: CompiledFlag, run: Run): Evaluation | undefined {
  const { trace } = run
  for (let index = 0; index < flag.targets.length; index += 1) {
    const target = flag.target(index)
    if (target === undefined) {
      trace?.malformedTarget()
      return flag.malformed
    }
    const key = partOf(run.context, target.contextKind)?.key
    const match = key !== undefined && target.keys.has(key)
    trace?.target(target, key, match)
    if (match) return target.result
  }
  return undefined
}

function matchRules(flag: CompiledFlag, run: Run): Evaluation | undefined {
  const { trace } = run
  for (let index = 0; index < flag.rules.length; index += 1) {
    const rule = flag.rule(index)
    if (rule === undefined) {
      trace?.malformedRule()
      return flag.malformed
    }
    const match = matchClauses(rule.clauses, run)
    trace?.rule(match)
    if (match === 'malformed') return flag.malformed
    if (match) return pick(rule.outcome, run)
  }
  return undefined
}

function fallThrough(flag: CompiledFlag, run: Run): Evaluation {
  run.trace?.fallthrough()
  return pick(flag.fallthrough, run)
}

/** Adds the recorded prerequisites, the status of big segments and the refused pattern to the result. */
function annotated(result: Evaluation, { bigSegments, refusal, recorded }: Run): Evaluation {
  return {
    ...result,
    ...(recorded && { recorded }),
    ...(bigSegments && { reason: { ...result.reason, bigSegmentsStatus: bigSegments.status } }),
    ...(bigSegments?.missing !== undefined && { missingMembership: bigSegments.missing }),
    ...(refusal && { refusal }),
  }
}

function compiledFlag(flag: Flag): CompiledFlag {
  const known = compiledFlags.get(flag)
  if (known !== undefined) return known
  const compiled = new CompiledFlag(flag)
  compiledFlags.set(flag, compiled)
  return compiled
}
