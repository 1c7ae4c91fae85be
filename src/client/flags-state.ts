import type { SharedSlices, SlicePause } from '../async/slices.ts'
import { type Context, contextProblem, type PreparedContext, prepare } from '../evaluation/context.ts'
import { type Evaluation, NO_PATTERN_ENGINE, type Reason } from '../evaluation/detail.ts'
import { type FlagMetadata, type MetadataOptions, metadataOf } from '../evaluation/flag-metadata.ts'
import type { Patterns } from '../evaluation/patterns.ts'
import { errorText } from '../model/error-text.ts'
import type { Flag } from '../model/flag.ts'
import type { Logger } from '../model/logger.ts'
import type { EvaluationWarnings } from './evaluation-warnings.ts'
import type { AllFlags, Evaluator } from './evaluator.ts'

/** The options of `allFlagsState`. */
export interface FlagsStateOptions extends MetadataOptions {
  /** Include only flags that client-side SDKs may use. Default false. */
  readonly clientSideOnly?: boolean
}

const OPTIONS: Readonly<Record<keyof FlagsStateOptions, true>> = {
  clientSideOnly: true,
  withReasons: true,
  detailsOnlyForTrackedFlags: true,
}

/** The names of {@link FlagsStateOptions}. */
const FLAGS_STATE_OPTIONS: readonly string[] = Object.keys(OPTIONS)

/** The values of all flags for one context, at one moment. */
export interface FlagsState {
  /** False if there was no data, or if the context was invalid. The state then has no flags. */
  readonly valid: boolean
  /** Returns the value of a flag; `null` if the flag does not exist or has no value for the context. */
  getFlagValue(key: string): any
  /** Returns the reason of a flag; `null` if the flag does not exist or reasons were not requested. */
  getFlagReason(key: string): Reason | null
  /** Returns all values, by flag key. */
  allValues(): { readonly [key: string]: any }
  /** Returns the bootstrap data of client-side SDKs: values by flag key, `$flagsState` and `$valid`. */
  toJSON(): { readonly [key: string]: any }
}

/** A flag with its result. Its metadata is made on demand, because many states are asked for a few values only. */
interface EvaluatedFlag {
  readonly key: string
  readonly flag: Flag
  readonly version: number
  readonly evaluation: Evaluation
}

/** The longest time for which states occupy the event loop without a pause, in milliseconds. */
export const STATE_SLICE_MS = 10

/** Number of evaluations between two looks at the clock. A pattern may take long for a hostile context. */
const FLAGS_PER_LOOK = 8

/** The state without data, or for an invalid context. */
const INVALID_STATE: FlagsState = buildFlagsState([], 'invalid', {})

/** One of the passes over all flags. They are repeated until nothing is missing. */
interface Pass {
  readonly all: AllFlags
  /** `stop`: a flag that needs the pattern engine ends the pass. `fail`: the flag has no value, because loading failed. */
  readonly withoutEngine: 'stop' | 'fail'
  readonly pause: SlicePause
}

interface EvaluateAllOptions extends FlagsStateOptions, Pass {
  readonly context: PreparedContext
  readonly onEvaluated: (key: string, evaluation: Evaluation) => void
}

/** A part of the data that is missing: the engine for patterns, or the big segments of a context. */
type Missing =
  | { readonly type: 'pattern engine' }
  | { readonly type: 'membership'; readonly contextKey: string }

export interface FlagsStateParts {
  readonly evaluator: Evaluator
  readonly patterns: Patterns
  readonly warnings: EvaluationWarnings
  readonly logger: Logger
  /** The time slices of all states of the client. */
  readonly slices: SharedSlices
}

/** Returns the state of all flags. Queries what the evaluation needs and memory does not have. Never rejects. */
export async function readFlagsState(
  parts: FlagsStateParts,
  context: Context,
  options: FlagsStateOptions,
): Promise<FlagsState> {
  const { evaluator, patterns, logger, slices } = parts
  const memberships = evaluator.pinned()
  let withoutEngine: Pass['withoutEngine'] = 'stop'
  try {
    for (;;) {
      const all = await evaluator.all(memberships)
      if (all === undefined) return INVALID_STATE
      const state = await slices.run((pause) =>
        evaluateFlags({ ...parts, all, withoutEngine, pause }, context, options),
      )
      if (!('type' in state)) return state
      // Every flag is evaluated again afterwards, so that the state is that of one moment.
      if (state.type === 'membership') await memberships?.query(state.contextKey)
      else await patterns.load()
      if (state.type === 'pattern engine') withoutEngine = 'fail'
    }
  } catch (error) {
    // A program without types may pass anything as options.
    logger.error(`allFlagsState: failed, so the state is empty: ${errorText(error)}`)
    return INVALID_STATE
  }
}

async function evaluateFlags(
  { warnings, logger, all, withoutEngine, pause }: FlagsStateParts & Pass,
  context: Context,
  options: FlagsStateOptions,
): Promise<FlagsState | Missing> {
  warnings.stateOptions(options, FLAGS_STATE_OPTIONS)
  const prepared = prepare(context)
  if (!prepared) {
    logger.info(`allFlagsState: the context is invalid, so the state is empty (${contextProblem(context)})`)
    return INVALID_STATE
  }
  const onEvaluated = (key: string, evaluation: Evaluation): void => warnings.check(key, context, evaluation)
  return evaluateAll({ ...options, all, withoutEngine, pause, context: prepared, onEvaluated })
}

/** Evaluates every flag for one context. Returns the missing part if a flag needs one that is not loaded. */
async function evaluateAll(options: EvaluateAllOptions): Promise<FlagsState | Missing> {
  const { all, context, onEvaluated, withoutEngine, pause, clientSideOnly = false } = options
  const evaluated: EvaluatedFlag[] = []
  let untilLook = FLAGS_PER_LOOK
  for (const [key, { object, version }] of all.flags) {
    const flag = object as Flag
    if (clientSideOnly && !flag.clientSideAvailability?.usingEnvironmentId) continue
    const evaluation = all.evaluate(all.reader, flag, context)
    if (evaluation === NO_PATTERN_ENGINE && withoutEngine === 'stop') return { type: 'pattern engine' }
    const { missingMembership: contextKey } = evaluation
    if (contextKey !== undefined) return { type: 'membership', contextKey }
    onEvaluated(key, evaluation)
    evaluated.push({ key, flag, version, evaluation })
    untilLook -= 1
    if (untilLook > 0) continue
    untilLook = FLAGS_PER_LOOK
    const paused = pause()
    if (paused) await paused
  }
  return buildFlagsState(evaluated, 'valid', options)
}

/** Builds the state from evaluated flags. */
function buildFlagsState(
  evaluated: readonly EvaluatedFlag[],
  validity: 'valid' | 'invalid',
  { withReasons = false, detailsOnlyForTrackedFlags = false }: MetadataOptions,
): FlagsState {
  const valid = validity === 'valid'
  const metadata = (each: EvaluatedFlag): FlagMetadata =>
    metadataOf(each, each.evaluation, { withReasons, detailsOnlyForTrackedFlags })
  const values = (): Record<string, unknown> => record(evaluated, servedValue)
  let byKey: ReadonlyMap<string, EvaluatedFlag> | undefined
  const find = (key: string): EvaluatedFlag | undefined => {
    byKey ??= new Map(evaluated.map((each) => [each.key, each]))
    return byKey.get(key)
  }
  return {
    valid,
    getFlagValue(key) {
      const found = find(key)
      return found === undefined ? null : servedValue(found)
    },
    getFlagReason(key) {
      const found = find(key)
      return (found && metadata(found).reason) ?? null
    },
    allValues: values,
    toJSON: () => Object.assign(values(), { $flagsState: record(evaluated, metadata), $valid: valid }),
  }
}

function servedValue({ evaluation }: EvaluatedFlag): unknown {
  return evaluation.value ?? null
}

/** Returns an object with an own member for each key, `__proto__` included. */
function record(
  evaluated: readonly EvaluatedFlag[],
  read: (flag: EvaluatedFlag) => unknown,
): Record<string, unknown> {
  const members: Record<string, unknown> = {}
  for (const each of evaluated) {
    const { key } = each
    const value = read(each)
    if (key === '__proto__')
      Object.defineProperty(members, key, { value, writable: true, enumerable: true, configurable: true })
    else members[key] = value
  }
  return members
}
