import type { PreparedContext } from '../evaluation/context.ts'
import { type ErrorKind, type Evaluation, NO_PATTERN_ENGINE, type Reason } from '../evaluation/detail.ts'
import { evaluatePrepared } from '../evaluation/evaluate.ts'
import type { Refusal } from '../evaluation/pattern.ts'
import type { FlagReader } from '../evaluation/run.ts'
import type { Item } from '../model/change-set.ts'
import type { Flag, Rule } from '../model/flag.ts'
import type { FlagEntry, FlagMetadata } from './build-flags-state.ts'
import type { FlagsStateOptions } from './flags-state.ts'

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
      const rule: (Rule & Presentation) | undefined = flag.rules?.[reason.ruleIndex]
      return reason.inExperiment === true || Boolean(rule?.trackEvents)
    }
    default:
      return false
  }
}
