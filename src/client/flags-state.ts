import type { PreparedContext } from '../evaluation/context.ts'
import { type ErrorKind, type Evaluation, NO_PATTERN_ENGINE, type Reason } from '../evaluation/detail.ts'
import { evaluatePrepared } from '../evaluation/evaluate.ts'
import type { Refusal } from '../evaluation/pattern.ts'
import type { FlagReader } from '../evaluation/run.ts'
import type { Item } from '../model/change-set.ts'
import type { Flag, FlagRule } from '../model/flag.ts'

export interface FlagsStateOptions {
  /** Only flags that client-side SDKs may see. Default false. */
  readonly clientSideOnly?: boolean
  /** Reasons too. Default false. */
  readonly withReasons?: boolean
  /** Metadata only of flags that are tracked, debugged or in an experiment. Default false. */
  readonly detailsOnlyForTrackedFlags?: boolean
}

const OPTIONS: Readonly<Record<keyof FlagsStateOptions, true>> = {
  clientSideOnly: true,
  withReasons: true,
  detailsOnlyForTrackedFlags: true,
}

/** The names of {@link FlagsStateOptions}. */
export const FLAGS_STATE_OPTIONS: readonly string[] = Object.keys(OPTIONS)

/** The values of all flags for one context, at one moment. */
export interface FlagsState {
  /** Whether there was data to evaluate, and a valid context. */
  readonly valid: boolean
  /** `null` when the flag has no value for the context or is not there. */
  getFlagValue(key: string): any
  getFlagReason(key: string): Reason | null
  /** All values, by key. */
  allValues(): { readonly [key: string]: any }
  /** The form client-side SDKs start from: values by key, `$flagsState` and `$valid`. */
  toJSON(): { readonly [key: string]: any }
}

/** What the state says of a flag beside its value; members that do not apply are absent. */
interface FlagMetadata {
  readonly variation?: number
  readonly version?: number
  readonly reason?: Reason
  readonly trackEvents?: true
  readonly trackReason?: true
  readonly debugEventsUntilDate?: number
  readonly prerequisites?: readonly string[]
}

/** One flag in the state. */
interface FlagEntry {
  readonly value: unknown
  readonly metadata: FlagMetadata
}

/** The state that says there was nothing to evaluate. */
export const INVALID_STATE: FlagsState = buildFlagsState(new Map(), 'invalid')

/** What was evaluated, in the forms people and front ends read it. */
export function buildFlagsState(
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

/** An object with an own member for each key, `__proto__` included. */
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

/** Members of a flag that evaluation does not read. */
interface Presentation {
  readonly clientSideAvailability?: { readonly usingEnvironmentId?: boolean } | null
  readonly trackEvents?: boolean
  readonly trackEventsFallthrough?: boolean
  readonly debugEventsUntilDate?: number | null
}

export interface EvaluateAllOptions extends FlagsStateOptions {
  readonly flags: ReadonlyMap<string, Item>
  readonly reader: FlagReader
  readonly context: PreparedContext
  /** Hears of each flag whose evaluation ended in an error. */
  readonly onFailed: (errorKind: ErrorKind, key: string) => void
  /** Hears of each flag whose evaluation met a pattern that never matches. */
  readonly onRefused: (key: string, refusal: Refusal) => void
}

/** Evaluates every flag for one context, with what front ends need to know beside the value. */
export function evaluateAll(options: EvaluateAllOptions): ReadonlyMap<string, FlagEntry> {
  const { flags, reader, context, onFailed, onRefused, clientSideOnly = false } = options
  const entries = new Map<string, FlagEntry>()
  for (const [key, { object, version }] of flags) {
    const flag = object as Flag & Presentation
    if (clientSideOnly && !flag.clientSideAvailability?.usingEnvironmentId) continue
    const evaluation = evaluatePrepared(reader, flag, context)
    if (evaluation.reason.kind === 'ERROR' && evaluation !== NO_PATTERN_ENGINE)
      onFailed(evaluation.reason.errorKind, key)
    if (evaluation.refusal !== undefined) onRefused(key, evaluation.refusal)
    entries.set(key, {
      value: evaluation.value ?? null,
      metadata: metadataOf(flag, version, evaluation, options),
    })
  }
  return entries
}

function metadataOf(
  flag: Flag & Presentation,
  version: number,
  { variationIndex, reason, prerequisites }: Evaluation,
  { withReasons = false, detailsOnlyForTrackedFlags = false }: FlagsStateOptions,
): FlagMetadata {
  const { debugEventsUntilDate } = flag
  const trackReason = isExperiment(flag, reason)
  const trackEvents = trackReason || Boolean(flag.trackEvents)
  const isDebugged = typeof debugEventsUntilDate === 'number'
  const detailed = !detailsOnlyForTrackedFlags || trackEvents || isDebugged
  // One by one, for it is done for every flag: spreading what does not apply is slow.
  const metadata: { -readonly [Member in keyof FlagMetadata]: FlagMetadata[Member] } = {}
  if (variationIndex !== null) metadata.variation = variationIndex
  if (detailed) metadata.version = version
  if (trackReason || (withReasons && detailed)) metadata.reason = { ...reason }
  if (trackEvents) metadata.trackEvents = true
  if (trackReason) metadata.trackReason = true
  if (isDebugged) metadata.debugEventsUntilDate = debugEventsUntilDate
  if (prerequisites.length > 0) metadata.prerequisites = [...prerequisites]
  return metadata
}

/** Whether somebody measures what this outcome brings about. */
function isExperiment(flag: Flag & Presentation, reason: Reason): boolean {
  switch (reason.kind) {
    case 'FALLTHROUGH':
      return reason.inExperiment === true || Boolean(flag.trackEventsFallthrough)
    case 'RULE_MATCH': {
      const rule: (FlagRule & Presentation) | undefined = flag.rules?.[reason.ruleIndex]
      return reason.inExperiment === true || Boolean(rule?.trackEvents)
    }
    default:
      return false
  }
}
