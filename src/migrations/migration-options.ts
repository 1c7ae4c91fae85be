import { isJsonObject } from '../model/json.ts'
import { checkOptions, type OptionRules } from '../options/check.ts'
import { aFunction } from '../options/schemas.ts'
import { optional, sharedObject, trueOrFalse, valueThat } from '../options/value-schema.ts'
import type { LDMigrationOrigin } from './stages.ts'

// The names and members of these types are those of the official SDK, whose programs must compile here (S146).

/** Execution of the two calls of a read. */
export const LDExecution = { Serial: 0, Concurrent: 1 } as const
/** A value of {@link (LDExecution:variable)}. */
export type LDExecution = (typeof LDExecution)[keyof typeof LDExecution]

/** Order of the two calls of a serial read: the old origin first, or a random one. */
export const LDExecutionOrdering = { Fixed: 0, Random: 1 } as const
/** A value of {@link (LDExecutionOrdering:variable)}. */
export type LDExecutionOrdering = (typeof LDExecutionOrdering)[keyof typeof LDExecutionOrdering]

/** Serial execution: a read of both origins waits for the first one before it calls the second. */
export class LDSerialExecution {
  /** The mark of serial execution. */
  readonly type: LDExecution = LDExecution.Serial
  /** The order of the two calls. */
  readonly ordering: LDExecutionOrdering

  constructor(ordering: LDExecutionOrdering) {
    this.ordering = ordering
  }
}

/** Concurrent execution: a read of both origins calls them at the same time. */
export class LDConcurrentExecution {
  /** The mark of concurrent execution. */
  readonly type: LDExecution = LDExecution.Concurrent
}

/** The result of a method of the application, from `LDMigrationSuccess` or `LDMigrationError`. */
export type LDMethodResult<TResult> =
  | { readonly success: true; readonly result: TResult }
  | { readonly success: false; readonly error: any }

/** Returns the result of a call that succeeded. */
export function LDMigrationSuccess<TResult>(result: TResult): LDMethodResult<TResult> {
  return { success: true, result }
}

/** Returns the result of a call that failed. */
export function LDMigrationError(error: Error): { readonly success: false; readonly error: Error } {
  return { success: false, error }
}

/** The result of one origin. */
export type LDMigrationResult<TResult> = LDMethodResult<TResult> & { readonly origin: LDMigrationOrigin }

/** The result of a read: that of the authoritative origin. */
export type LDMigrationReadResult<TResult> = LDMigrationResult<TResult>

/** The result of a write. */
export interface LDMigrationWriteResult<TResult> {
  /** The result of the origin that is authoritative in this stage, which is written first. */
  readonly authoritative: LDMigrationResult<TResult>
  /** Absent if the stage writes to one origin, or if the authoritative write failed. */
  readonly nonAuthoritative?: LDMigrationResult<TResult>
}

/** The methods of a migration, and how it uses them. A method that throws has failed. */
export interface LDMigrationOptions<
  TMigrationRead,
  TMigrationWrite,
  TMigrationReadInput,
  TMigrationWriteInput,
> {
  /** Execution of reads that call both origins. Writes are always serial. Default: concurrent. */
  readonly execution?: LDSerialExecution | LDConcurrentExecution
  /** Adds the duration of each call to events. Default true. */
  readonly latencyTracking?: boolean
  /** Adds the names of failed origins to events. Default true. */
  readonly errorTracking?: boolean
  /** Reads from the new system. */
  readonly readNew: (payload?: TMigrationReadInput) => Promise<LDMethodResult<TMigrationRead>>
  /** Writes to the new system. */
  readonly writeNew: (payload?: TMigrationWriteInput) => Promise<LDMethodResult<TMigrationWrite>>
  /** Reads from the old system. */
  readonly readOld: (payload?: TMigrationReadInput) => Promise<LDMethodResult<TMigrationRead>>
  /** Writes to the old system. */
  readonly writeOld: (payload?: TMigrationWriteInput) => Promise<LDMethodResult<TMigrationWrite>>
  /** Returns whether the results of the old and the new system agree. Default: results are not compared. */
  readonly check?: (a: TMigrationRead, b: TMigrationRead) => boolean
}

type AnyOptions = LDMigrationOptions<unknown, unknown, unknown, unknown>

const OPTIONS: OptionRules<AnyOptions> = {
  root: 'createMigration',
  schema: sharedObject({
    readOld: aFunction,
    readNew: aFunction,
    writeOld: aFunction,
    writeNew: aFunction,
    check: optional(aFunction),
    execution: optional(valueThat(isExecution, 'an LDConcurrentExecution or an LDSerialExecution')),
    latencyTracking: optional(trueOrFalse),
    errorTracking: optional(trueOrFalse),
  }),
}

function isExecution(value: unknown): boolean {
  if (!isJsonObject(value)) return false
  const { type, ordering } = value
  return (
    type === LDExecution.Concurrent || (type === LDExecution.Serial && (ordering === 0 || ordering === 1))
  )
}

/** Checks the options of `createMigration`. Throws a {@link ConfigError} if they are wrong. */
export function checkMigrationOptions(options: unknown): void {
  // Unknown names cause no warning, because the options may be an object with members of its own.
  checkOptions(options as AnyOptions, OPTIONS)
}
