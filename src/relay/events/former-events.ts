import { type Context, legacyAttributes, prepare } from '../../evaluation/context.ts'
import { type Evaluation, FLAG_NOT_FOUND, NO_KEYS, type Reason } from '../../evaluation/detail.ts'
import type { EventRecorder } from '../../events/event-recorder.ts'
import type { Flag } from '../../model/flag.ts'
import { isEqual, isJsonObject, type JsonObject } from '../../model/json.ts'

/** The parts that events of a former schema are given to. */
export interface FormerEventTarget {
  readonly recorder: EventRecorder
  /** Returns the flag that the relay has now. */
  readonly flagOf: (key: string) => Flag | undefined
  /** Adds an event unchanged. Returns false if it cannot be written as JSON. */
  readonly addRaw: (event: JsonObject) => boolean
}

interface Tracking {
  readonly trackEvents?: unknown
  readonly debugEventsUntilDate?: unknown
}

/** The longest key of a context or flag. Keys are remembered for some time, so their length must be limited. */
const MAX_KEY_LENGTH = 8_192

const UNSPECIFIED: Reason = { kind: 'FALLTHROUGH' }

/**
 * Records one event of schema 1 or 2, or of an SDK that leaves summaries to the relay. Returns false if it is no event, or has no
 * valid context where it needs one.
 */
export function recordFormerEvent(event: unknown, target: FormerEventTarget): boolean {
  if (!isJsonObject(event) || typeof event.kind !== 'string') return false
  switch (event.kind) {
    case 'feature':
      return recordFeature(event, target)
    case 'custom':
      return recordCustom(event, target)
    case 'identify': {
      const context = contextOf(event)
      if (context) target.recorder.identified(context)
      return context !== undefined
    }
    default:
      return target.addRaw(event)
  }
}

function recordFeature(event: JsonObject, { recorder, flagOf }: FormerEventTarget): boolean {
  const { key, reason, prereqOf, default: defaultValue = null } = event
  const context = contextOf(event)
  if (context === undefined || !isKey(key)) return false
  recorder.evaluated({
    key,
    context,
    evaluation: evaluationOf(event, flagOf(key)),
    defaultValue,
    withReason: isJsonObject(reason),
    ...(typeof prereqOf === 'string' && { prereqOf }),
  })
  return true
}

/** Returns the evaluation that an event reports. Members that its SDK did not know are those of the flag in the relay. */
export function evaluationOf(event: JsonObject, known: Flag | undefined): Evaluation {
  const { value, version, variation, reason } = event
  // Without a version, the flag did not exist.
  if (!isInteger(version)) return { ...FLAG_NOT_FOUND, value, prerequisites: NO_KEYS }
  const isComplete = event.trackEvents !== undefined || event.debugEventsUntilDate !== undefined
  const flag: Flag = {
    version,
    ...(isComplete ? trackingOf(event) : known && trackingOf(known)),
    ...(isInteger(event.samplingRatio) && { samplingRatio: event.samplingRatio }),
    excludeFromSummaries: event.excludeFromSummaries === true,
  }
  return {
    value,
    variationIndex: isInteger(variation) ? variation : variationOf(value, known),
    reason: isJsonObject(reason) ? (reason as unknown as Reason) : UNSPECIFIED,
    prerequisites: NO_KEYS,
    flag,
  }
}

function trackingOf({ trackEvents, debugEventsUntilDate }: Tracking): Flag {
  return {
    trackEvents: trackEvents === true,
    ...(isInteger(debugEventsUntilDate) && { debugEventsUntilDate }),
  }
}

/** Returns the index of a value, which SDKs of schema 1 do not send. */
function variationOf(value: unknown, flag: Flag | undefined): number | null {
  const index = flag?.variations?.findIndex((each) => isEqual(each, value)) ?? -1
  return index < 0 ? null : index
}

function recordCustom(event: JsonObject, { recorder }: FormerEventTarget): boolean {
  const { key, data, metricValue } = event
  const context = contextOf(event)
  if (context === undefined || !isKey(key)) return false
  recorder.tracked({
    key,
    context,
    data,
    metricValue: Number.isFinite(metricValue) ? (metricValue as number) : undefined,
  })
  return true
}

/** Returns the context of an event, which former schemas call `user`. */
function contextOf({ context, user }: JsonObject): Context | undefined {
  const given = isJsonObject(context) ? context : isJsonObject(user) ? contextOfUser(user) : undefined
  if (given === undefined) return undefined
  const prepared = prepare(given as unknown as Context)
  for (let part = prepared; part; part = part.next) if (part.key.length > MAX_KEY_LENGTH) return undefined
  return prepared && (given as unknown as Context)
}

/** Converts a user to a context, as SDKs do. `privateAttrs` are the attributes that its SDK has left out. */
function contextOfUser({ privateAttrs, ...user }: JsonObject): JsonObject {
  const { key } = user
  if (typeof key !== 'string' && typeof key !== 'number') return {}
  const attributes = legacyAttributes(user, `${key}`)
  const isRedacted = Array.isArray(privateAttrs) && privateAttrs.length > 0
  return isRedacted ? { ...attributes, _meta: { redactedAttributes: privateAttrs } } : attributes
}

/** JSON can have numbers such as 1e999, which are infinite. They would make the summary of all SDKs invalid. */
function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value)
}

function isKey(key: unknown): key is string {
  return typeof key === 'string' && key.length <= MAX_KEY_LENGTH
}
