import type { Flag } from '../model/flag.ts'
import type { Evaluation, Reason } from './detail.ts'
import { isExperiment } from './experiment.ts'

/** The members that client-side SDKs receive for a flag beside its value. Members that do not apply are absent. */
export interface FlagMetadata {
  readonly variation?: number
  readonly version?: number
  readonly reason?: Reason
  readonly trackEvents?: true
  readonly trackReason?: true
  readonly debugEventsUntilDate?: number
  readonly prerequisites?: readonly string[]
}

/** The options of the details that accompany the values of flags. */
export interface MetadataOptions {
  /** Include the reason of each evaluation. Default false. */
  readonly withReasons?: boolean
  /** Include versions and reasons only of flags that are tracked, debugged or in an experiment. Default false. */
  readonly detailsOnlyForTrackedFlags?: boolean
}

/** Returns the metadata of an evaluated flag. */
export function metadataOf(
  { version, flag }: { readonly version: number; readonly flag: Flag },
  { variationIndex, reason, prerequisites }: Evaluation,
  { withReasons = false, detailsOnlyForTrackedFlags = false }: MetadataOptions,
): FlagMetadata {
  const { debugEventsUntilDate } = flag
  const trackReason = isExperiment(flag, reason)
  const trackEvents = trackReason || Boolean(flag.trackEvents)
  const isDebugged = typeof debugEventsUntilDate === 'number'
  const detailed = !detailsOnlyForTrackedFlags || trackEvents || isDebugged
  // Members are set one by one because this runs for every flag, and object spread is slower.
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
