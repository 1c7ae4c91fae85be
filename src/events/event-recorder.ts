import type { Context } from '../evaluation/context.ts'
import type { Evaluation } from '../evaluation/detail.ts'
import type { JsonObject } from '../model/json.ts'

/** Receives the calls of a client from which analytics events are made. Its methods return at once and never throw. */
export interface EventRecorder {
  /** Records an evaluation that the application requested, with its recorded prerequisites. */
  evaluated(record: EvaluationRecord): void
  identified(context: Context): void
  tracked(record: CustomRecord): void
  migrated(record: MigrationRecord): void
}

export interface EvaluationRecord {
  readonly key: string
  readonly context: Context
  /** The evaluation. If its `variationIndex` is `null`, the application received the fallback value. */
  readonly evaluation: Evaluation
  /** The fallback value that the application gave. */
  readonly defaultValue: unknown
  /** True for the methods that return a reason. Events then include it too. */
  readonly withReason: boolean
  /** The key of the flag that required this one, if prerequisites are recorded one by one. */
  readonly prereqOf?: string
}

export interface CustomRecord {
  readonly key: string
  readonly context: Context
  readonly data: unknown
  readonly metricValue: number | undefined
}

export interface MigrationRecord {
  readonly context: Context
  /** One in this many events is sent; 0 sends none. */
  readonly samplingRatio: number
  /** All members of the event but `kind`, `context` and `samplingRatio`. */
  readonly body: JsonObject
}
