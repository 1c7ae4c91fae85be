import { type Context, contextProblem } from '../evaluation/context.ts'
import { errorText } from '../model/error-text.ts'
import { isJsonObject, type JsonObject } from '../model/json.ts'
import type { LDMigrationOrigin, LDMigrationStage } from './stages.ts'

// The names and members of these types are those of the official SDK, whose programs must compile here (S146).

/** An operation of a migration. */
export type LDMigrationOp = 'read' | 'write'

/** The reason of an evaluation in an event. */
export interface MigrationReason {
  /** The kind of reason, for example `RULE_MATCH`. */
  readonly kind: string
  /** The cause of a failed evaluation. Only with the kind `ERROR`. */
  readonly errorKind?: string
  /** The index of the rule that matched, from 0. Only with the kind `RULE_MATCH`. */
  readonly ruleIndex?: number
  /** The ID of the rule that matched. Only with the kind `RULE_MATCH`. */
  readonly ruleId?: string
  /** The key of the prerequisite that is not met. Only with the kind `PREREQUISITE_FAILED`. */
  readonly prerequisiteKey?: string
  /** True if the result belongs to an experiment. Absent otherwise. */
  readonly inExperiment?: boolean
  /** The status of the store of big segments. Absent if it was not needed. */
  readonly bigSegmentsStatus?: string
}

/** The evaluation of the flag that controls a migration. */
export interface LDMigrationEvaluation {
  /** The key of the flag. */
  readonly key: string
  /** The stage in which the operation ran. */
  readonly value: LDMigrationStage
  /** The stage that the caller gave as the fallback value. */
  readonly default: LDMigrationStage
  /** Absent for a default value. */
  readonly variation?: number
  /** The version of the flag. Absent if the flag does not exist. */
  readonly version?: number
  /** The reason for the stage. */
  readonly reason: MigrationReason
}

/** A value for each origin that an operation called. */
export type PerOrigin<T> = { readonly [Origin in LDMigrationOrigin]?: T }

/** The origins that an operation called. */
export interface LDMigrationInvokedMeasurement {
  readonly key: 'invoked'
  /** True for each origin that was called. */
  readonly values: PerOrigin<boolean>
}

/** The result of a consistency check. */
export interface LDMigrationConsistencyMeasurement {
  readonly key: 'consistent'
  /** True if both origins returned the same. */
  readonly value: boolean
  /** N if one of N reads is checked. */
  readonly samplingRatio: number
}

/** The durations of the calls of the origins, in milliseconds. */
export interface LDMigrationLatencyMeasurement {
  readonly key: 'latency_ms'
  /** The duration of each call, in milliseconds. */
  readonly values: PerOrigin<number>
}

/** The origins that failed. */
export interface LDMigrationErrorMeasurement {
  readonly key: 'error'
  /** True for each origin that failed. */
  readonly values: PerOrigin<boolean>
}

/** A measurement of one operation. */
export type LDMigrationMeasurement =
  | LDMigrationInvokedMeasurement
  | LDMigrationConsistencyMeasurement
  | LDMigrationLatencyMeasurement
  | LDMigrationErrorMeasurement

/** The analytics event of one operation of a migration, as a tracker creates it. */
export interface LDMigrationOpEvent {
  readonly kind: 'migration_op'
  /** The operation: a read or a write. */
  readonly operation: LDMigrationOp
  /** Milliseconds since the Unix epoch. */
  readonly creationDate: number
  /** The context for which the flag was evaluated. */
  readonly context?: Context
  /**
   * The keys of the context by kind.
   *
   * @deprecated Use `context`. Keys by kind, which are used if there is no `context`.
   */
  readonly contextKeys?: Readonly<Record<string, string>>
  /** The evaluation of the flag that controls the migration. */
  readonly evaluation: LDMigrationEvaluation
  /** The measurements of the operation. */
  readonly measurements: LDMigrationMeasurement[]
  /** N if one of N events is sent. Default 1. */
  readonly samplingRatio: number
}

/** A checked event: only known members, and its context apart from the rest. */
export interface OperationRecord {
  readonly context: Context
  readonly samplingRatio: number
  readonly body: OperationBody
}

/** A type alias, because an interface is not assignable to an object of JSON. */
type OperationBody = Pick<LDMigrationOpEvent, 'operation' | 'creationDate' | 'evaluation' | 'measurements'>

/**
 * Checks an event of the application. Leaves out unknown members and wrong measurements. Returns the problem as a sentence
 * if the event as a whole cannot be used. Never throws.
 */
export function readOperationEvent(event: unknown): OperationRecord | string {
  try {
    return read(event)
  } catch (error) {
    return `a member of it cannot be read: ${errorText(error)}`
  }
}

function read(event: unknown): OperationRecord | string {
  if (!isJsonObject(event)) return 'it is not an object'
  const { kind, operation, creationDate, samplingRatio = 1, measurements } = event
  if (kind !== 'migration_op') return 'kind is not "migration_op"'
  if (operation !== 'read' && operation !== 'write') return 'operation is neither "read" nor "write"'
  if (!isNumber(creationDate)) return 'creationDate is not a number'
  if (!isNumber(samplingRatio)) return 'samplingRatio is not a number'
  if (!Array.isArray(measurements)) return 'measurements is not an array'
  const context = event.context === undefined ? fromKeys(event.contextKeys) : event.context
  const problem = contextProblem(context)
  if (problem !== undefined) return problem
  const evaluation = readEvaluation(event.evaluation)
  if (typeof evaluation === 'string') return evaluation
  return {
    context: context as Context,
    samplingRatio,
    body: {
      operation,
      creationDate,
      evaluation,
      measurements: measurements.flatMap(readMeasurement),
    },
  }
}

function isNumber(value: unknown): value is number {
  return Number.isFinite(value)
}

/** Returns the context with these keys by kind, in the form of a single kind if there is one. */
function fromKeys(keys: unknown): unknown {
  if (!isJsonObject(keys)) return undefined
  const [first, ...others] = Object.entries(keys)
  if (first && others.length === 0) return { kind: first[0], key: first[1] }
  return { ...Object.fromEntries(Object.entries(keys).map(([kind, key]) => [kind, { key }])), kind: 'multi' }
}

function readEvaluation(evaluation: unknown): LDMigrationEvaluation | string {
  if (!isJsonObject(evaluation)) return 'evaluation is not an object'
  const { key, value, default: fallback, variation, version, reason } = evaluation
  if (typeof key !== 'string' || key === '') return 'evaluation.key is not a string, or is empty'
  if (typeof value !== 'string') return 'evaluation.value is not a string'
  if (typeof fallback !== 'string') return 'evaluation.default is not a string'
  if (!isJsonObject(reason) || typeof reason.kind !== 'string' || reason.kind === '') {
    return 'evaluation.reason has no kind'
  }
  return {
    key,
    value: value as LDMigrationStage,
    default: fallback as LDMigrationStage,
    ...(isNumber(variation) && { variation }),
    ...(isNumber(version) && { version }),
    reason: readReason(reason),
  }
}

const REASON_MEMBERS: Readonly<Record<Exclude<keyof MigrationReason, 'kind'>, string>> = {
  errorKind: 'string',
  ruleIndex: 'number',
  ruleId: 'string',
  prerequisiteKey: 'string',
  inExperiment: 'boolean',
  bigSegmentsStatus: 'string',
}

function readReason(reason: JsonObject): MigrationReason {
  const members = Object.entries(REASON_MEMBERS).filter(([name, type]) => typeof reason[name] === type)
  return { kind: reason.kind as string, ...Object.fromEntries(members.map(([name]) => [name, reason[name]])) }
}

/** Returns the measurement without unknown members, or nothing if it has the wrong form. */
function readMeasurement(measurement: unknown): readonly LDMigrationMeasurement[] {
  if (!isJsonObject(measurement)) return []
  const { key, value, values, samplingRatio } = measurement
  switch (key) {
    case 'invoked':
    case 'error': {
      const read = readValues(values, (each) => typeof each === 'boolean')
      return read ? [{ key, values: read as PerOrigin<boolean> }] : []
    }
    case 'latency_ms': {
      const read = readValues(values, isNumber)
      return read ? [{ key, values: read as PerOrigin<number> }] : []
    }
    case 'consistent':
      return typeof value === 'boolean' && isNumber(samplingRatio) ? [{ key, value, samplingRatio }] : []
    default:
      return []
  }
}

function readValues(values: unknown, fits: (value: unknown) => boolean): PerOrigin<unknown> | undefined {
  if (!isJsonObject(values)) return undefined
  const entries = (['old', 'new'] as const).flatMap((origin) =>
    values[origin] === undefined ? [] : [[origin, values[origin]] as const],
  )
  return entries.every(([, value]) => fits(value)) ? Object.fromEntries(entries) : undefined
}
