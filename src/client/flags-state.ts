import { type Context, contextProblem, type PreparedContext, prepare } from '../evaluation/context.ts'
import { type Evaluation, NO_PATTERN_ENGINE, type Reason } from '../evaluation/detail.ts'
import type { evaluatePrepared } from '../evaluation/evaluate.ts'
import { type FlagMetadata, type MetadataOptions, metadataOf } from '../evaluation/flag-metadata.ts'
import type { Patterns } from '../evaluation/patterns.ts'
import { errorText } from '../model/error-text.ts'
import type { Flag } from '../model/flag.ts'
import type { Logger } from '../model/logger.ts'
import type { EvaluationWarnings } from './evaluation-warnings.ts'
import type { AllFlags, Evaluator } from './evaluator.ts'

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

interface FlagEntry {
  readonly value: unknown
  readonly metadata: FlagMetadata
}

/** The state without data, or for an invalid context. */
const INVALID_STATE: FlagsState = buildFlagsState(new Map(), 'invalid')

/** One of the passes over all flags. They are repeated until nothing is missing. */
interface Pass {
  readonly all: AllFlags
  /** `stop`: a flag that needs the pattern engine ends the pass. `fail`: the flag has no value, because loading failed. */
  readonly withoutEngine: 'stop' | 'fail'
}

interface EvaluateAllOptions extends FlagsStateOptions, Pass {
  readonly context: PreparedContext
  readonly evaluate: typeof evaluatePrepared
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
}

/** Returns the state of all flags. Queries what the evaluation needs and memory does not have. Never rejects. */
export async function readFlagsState(
  parts: FlagsStateParts,
  context: Context,
  options: FlagsStateOptions,
): Promise<FlagsState> {
  const { evaluator, patterns, logger } = parts
  const memberships = evaluator.pinned()
  let withoutEngine: Pass['withoutEngine'] = 'stop'
  try {
    for (;;) {
      const all = await evaluator.all(memberships)
      const pass = all && evaluateFlags({ ...parts, all, withoutEngine }, context, options)
      const state = pass ?? INVALID_STATE
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

function evaluateFlags(
  { evaluator, warnings, logger, all, withoutEngine }: FlagsStateParts & Pass,
  context: Context,
  options: FlagsStateOptions,
): FlagsState | Missing {
  warnings.stateOptions(options, FLAGS_STATE_OPTIONS)
  const prepared = prepare(context)
  if (!prepared) {
    logger.info(`allFlagsState: the context is invalid, so the state is empty (${contextProblem(context)})`)
    return INVALID_STATE
  }
  const onEvaluated = (key: string, evaluation: Evaluation): void => warnings.check(key, context, evaluation)
  const evaluate = evaluator.evaluatePrepared
  return evaluateAll({ ...options, all, withoutEngine, context: prepared, evaluate, onEvaluated })
}

/** Evaluates every flag for one context. Returns the missing part if a flag needs one that is not loaded. */
function evaluateAll(options: EvaluateAllOptions): FlagsState | Missing {
  const { all, context, evaluate, onEvaluated, withoutEngine, clientSideOnly = false } = options
  const entries = new Map<string, FlagEntry>()
  for (const [key, { object, version }] of all.flags) {
    const flag = object as Flag
    if (clientSideOnly && !flag.clientSideAvailability?.usingEnvironmentId) continue
    const evaluation = evaluate(all, flag, context)
    if (evaluation === NO_PATTERN_ENGINE && withoutEngine === 'stop') return { type: 'pattern engine' }
    const { missingMembership: contextKey } = evaluation
    if (contextKey !== undefined) return { type: 'membership', contextKey }
    onEvaluated(key, evaluation)
    entries.set(key, {
      value: evaluation.value ?? null,
      metadata: metadataOf({ flag, version }, evaluation, options),
    })
  }
  return buildFlagsState(entries)
}

/** Builds the state from evaluated flags. */
function buildFlagsState(
  entries: ReadonlyMap<string, FlagEntry>,
  validity: 'valid' | 'invalid' = 'valid',
): FlagsState {
  const valid = validity === 'valid'
  const values = (): Record<string, unknown> => record(entries, ({ value }) => value)
  return {
    valid,
    getFlagValue: (key) => entries.get(key)?.value ?? null,
    getFlagReason: (key) => entries.get(key)?.metadata.reason ?? null,
    allValues: values,
    toJSON: () =>
      Object.assign(values(), {
        $flagsState: record(entries, ({ metadata }) => metadata),
        $valid: valid,
      }),
  }
}

/** Returns an object with an own member for each key, `__proto__` included. */
function record(
  entries: ReadonlyMap<string, FlagEntry>,
  read: (entry: FlagEntry) => unknown,
): Record<string, unknown> {
  const members: Record<string, unknown> = {}
  for (const [key, entry] of entries) {
    const value = read(entry)
    if (key === '__proto__')
      Object.defineProperty(members, key, { value, writable: true, enumerable: true, configurable: true })
    else members[key] = value
  }
  return members
}
