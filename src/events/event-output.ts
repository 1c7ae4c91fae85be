import type { Reason } from '../evaluation/detail.ts'
import type { JsonObject } from '../model/json.ts'

/** Members of the events about one evaluation. */
export interface EvaluationEvent {
  readonly kind: 'feature' | 'debug'
  readonly creationDate: number
  readonly key: string
  readonly context: JsonObject
  readonly value: unknown
  /** `null` if the event is about a fallback value. */
  readonly variation: number | null
  readonly version: number | undefined
  readonly defaultValue: unknown
  readonly reason: Reason | undefined
  /** The key of the flag that required this one. */
  readonly prereqOf: string | undefined
  readonly samplingRatio: number
}

/** Members of the event of a call of `track`. */
export interface CustomEvent {
  readonly creationDate: number
  readonly key: string
  readonly context: JsonObject
  readonly data: unknown
  readonly metricValue: number | undefined
}

// Each function returns an event as JSON. It throws what `JSON.stringify` throws: for cyclic values, for values of type
// bigint, and what getters of the application throw. Absent members are `undefined`, which JSON leaves out.

export function evaluationEvent(event: EvaluationEvent): string {
  const { kind, creationDate, key, context, value, variation, version, reason, prereqOf } = event
  return JSON.stringify({
    kind,
    creationDate,
    key,
    context,
    value: orNull(value),
    variation: variation ?? undefined,
    version,
    default: orNull(event.defaultValue),
    reason,
    prereqOf,
    samplingRatio: unlessOne(event.samplingRatio),
  })
}

export function contextEvent(kind: 'index' | 'identify', creationDate: number, context: JsonObject): string {
  return JSON.stringify({ kind, creationDate, context })
}

export function customEvent({ creationDate, key, context, data, metricValue }: CustomEvent): string {
  return JSON.stringify({ kind: 'custom', creationDate, key, context, data: data ?? undefined, metricValue })
}

/** @param body - all members but `kind`, `context` and `samplingRatio`. */
export function migrationEvent(body: JsonObject, context: JsonObject, samplingRatio: number): string {
  return JSON.stringify({ kind: 'migration_op', ...body, context, samplingRatio: unlessOne(samplingRatio) })
}

function orNull(value: unknown): unknown {
  return value === undefined ? null : value
}

function unlessOne(samplingRatio: number): number | undefined {
  return samplingRatio === 1 ? undefined : samplingRatio
}
