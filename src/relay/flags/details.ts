import type { Clock } from '../../async/clock.ts'
import type { Item, ItemKind, Snapshot } from '../../model/change-set.ts'
import type { Flag, Segment } from '../../model/flag.ts'
import { isVisible } from '../client-side/visibility.ts'
import type { VariationUsage } from '../events/usage-view.ts'
import { boundedJson } from './bounded-json.ts'
import { offWords, type TargetingStep, targetingSteps } from './flag-words.ts'
import { evaluationReader, type FlagsReader } from './flags-reader.ts'
import type { ItemChange } from './item-changes.ts'
import { type ValueType, valueTypeOf } from './item-search.ts'
import { type References, referencesTo, type UsedSegment, usedSegments } from './references.ts'
import { segmentSteps } from './segment-words.ts'
import { type Sentence, value } from './sentence.ts'

/** The members that the details of a flag and of a segment share. */
interface Details {
  readonly key: string
  readonly version: number
  /** Present if a file of overrides replaces the item. */
  readonly overridden?: true
  /** The last changes, newest first. */
  readonly changes: readonly ItemChange[]
  /** The items that depend on this one. */
  readonly usedBy: References
  readonly json: BoundedText
}

export interface FlagDetails extends Details {
  readonly kind: 'flag'
  readonly type: ValueType
  readonly on: boolean
  readonly steps: readonly TargetingStep[]
  /** The first variations, by index. */
  readonly variations: readonly Sentence[]
  readonly variationCount: number
  readonly off: Sentence
  readonly availableTo: { readonly mobile: boolean; readonly browser: boolean }
  readonly segments: readonly UsedSegment[]
  /** Evaluations by variation. Absent if the relay does not count them. */
  readonly usage?: readonly VariationUsage[]
  /** Remarks about analytics events and migrations. */
  readonly remarks: readonly string[]
}

export interface SegmentDetails extends Details {
  readonly kind: 'segment'
  readonly isBig: boolean
  readonly steps: readonly Sentence[]
  readonly segments: readonly UsedSegment[]
}

/** A flag or segment that does not exist any more. */
interface DeletedDetails {
  readonly kind: 'deleted'
  readonly key: string
  readonly changes: readonly ItemChange[]
}

export type ItemDetails = FlagDetails | SegmentDetails | DeletedDetails

/** JSON, cut after some characters. */
interface BoundedText {
  readonly text: string
  readonly isCut: boolean
}

const MAX_JSON_LENGTH = 64 * 1_024
const MAX_VARIATIONS = 50

/** Returns the details of a flag or segment; `undefined` if it neither exists nor was deleted recently. */
export async function detailsOf(
  reader: FlagsReader,
  wanted: { readonly kind: ItemKind; readonly key: string },
  slices: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<ItemDetails | undefined> {
  const { kind, key } = wanted
  const snapshot = reader.snapshot()
  const changes = reader.changes.of(kind, key)
  const item = (kind === 'flag' ? snapshot?.flags : snapshot?.segments)?.get(key)
  if (!snapshot || !item) return changes.length > 0 ? { kind: 'deleted', key, changes } : undefined
  const details: Details = {
    key,
    version: item.version,
    ...(reader.isOverridden(kind, key) && { overridden: true }),
    changes,
    usedBy: await referencesTo(wanted, snapshot, slices),
    json: jsonOf(item.object),
  }
  const usage = reader.usage()?.countsOf(key)
  return kind === 'flag'
    ? { ...flagDetails(item, snapshot, details), ...(usage && { usage }) }
    : segmentDetails(item, snapshot, details)
}

function flagDetails(item: Item, snapshot: Snapshot, details: Details): FlagDetails {
  const flag: Flag = item.object
  const variations: readonly unknown[] = Array.isArray(flag.variations) ? flag.variations : []
  return {
    ...details,
    kind: 'flag',
    type: valueTypeOf(flag),
    on: Boolean(flag.on),
    steps: targetingSteps(flag, evaluationReader(snapshot)),
    variations: variations.slice(0, MAX_VARIATIONS).map((variation) => [value(variation)]),
    variationCount: variations.length,
    off: offWords(flag),
    availableTo: { mobile: isVisible(flag, 'mobile'), browser: isVisible(flag, 'browser') },
    segments: usedSegments(snapshot, flag),
    remarks: remarksOn(flag),
  }
}

function segmentDetails(item: Item, snapshot: Snapshot, details: Details): SegmentDetails {
  const segment: Segment = item.object
  return {
    ...details,
    kind: 'segment',
    isBig: Boolean(segment.unbounded),
    steps: segmentSteps(segment),
    segments: usedSegments(snapshot, segment),
  }
}

function remarksOn({
  trackEvents,
  debugEventsUntilDate,
  excludeFromSummaries,
  migration,
  rules,
  fallthrough,
}: Flag): string[] {
  const isExperiment = [fallthrough, ...(Array.isArray(rules) ? rules : [])].some(
    (serving) => serving?.rollout?.kind === 'experiment',
  )
  return [
    isExperiment && 'The flag has an experiment.',
    trackEvents && 'Each evaluation is sent as an event.',
    typeof debugEventsUntilDate === 'number' && 'Debug events are sent for a limited time.',
    excludeFromSummaries && 'Summaries of events do not contain the flag.',
    migration && 'The flag controls a migration.',
  ].filter((remark) => typeof remark === 'string')
}

function jsonOf(object: object): BoundedText {
  const text = boundedJson(object, { maxLength: MAX_JSON_LENGTH, indent: 2 })
  return { text, isCut: text.endsWith('…') }
}
