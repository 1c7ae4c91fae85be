import type { Clock } from '../async/clock.ts'
import type { Context } from '../evaluation/context.ts'
import { ConfigError } from '../model/errors.ts'
import { isJsonObject } from '../model/json.ts'
import { describeReceived } from '../options/issues.ts'
import {
  checkMigrationOptions,
  LDExecution,
  LDExecutionOrdering,
  type LDMethodResult,
  type LDMigrationOptions,
  type LDMigrationReadResult,
  type LDMigrationResult,
  type LDMigrationWriteResult,
} from './migration-options.ts'
import type { LDMigrationOp, LDMigrationOpEvent } from './operation-event.ts'
import { IsMigrationStage, type LDMigrationOrigin, type LDMigrationStage, STAGE_PLANS } from './stages.ts'
import type { LDMigrationTracker } from './tracker.ts'

/** Reads and writes of data that moves from an old to a new system, in the stage that a flag has for a context. */
export interface LDMigration<
  TMigrationRead,
  TMigrationWrite,
  TMigrationReadInput = any,
  TMigrationWriteInput = any,
> {
  /**
   * Reads in the stage of a flag. Resolves also if the origins fail.
   *
   * @param key - the key of the flag.
   * @param defaultStage - the stage if the flag has none.
   * @param payload - is passed to the methods.
   * @throws {@link ConfigError} if `defaultStage` is not a stage.
   */
  read(
    key: string,
    context: Context,
    defaultStage: LDMigrationStage,
    payload?: TMigrationReadInput,
  ): Promise<LDMigrationReadResult<TMigrationRead>>
  /** Writes in the stage of a flag. Its parameters are those of `read`. */
  write(
    key: string,
    context: Context,
    defaultStage: LDMigrationStage,
    payload?: TMigrationWriteInput,
  ): Promise<LDMigrationWriteResult<TMigrationWrite>>
}

/** The stage of a migration for a context, and the tracker of an operation in it. */
export interface LDMigrationVariation {
  /** The stage. */
  readonly value: LDMigrationStage
  /** The tracker of one operation, which collects its measurements. */
  readonly tracker: LDMigrationTracker
}

/** The methods of a client that a migration uses. */
export interface MigrationClient {
  /**
   * Returns the stage of a migration flag for a context, with a tracker for an operation. A value that is not a stage counts
   * as `defaultValue`, with the reason `WRONG_TYPE` and an `error` event.
   */
  migrationVariation(
    key: string,
    context: Context,
    defaultValue: LDMigrationStage,
  ): Promise<LDMigrationVariation>
  /** Sends the event of an operation. Logs a warning and ignores the event if it has a wrong form. */
  trackMigration(event: LDMigrationOpEvent): void
}

export interface MigrationParts<R, W, RI, WI> {
  readonly client: MigrationClient
  readonly options: LDMigrationOptions<R, W, RI, WI>
  readonly clock: Pick<Clock, 'monotonic'>
  /** Returns numbers in [0, 1), for the random order of serial reads. */
  readonly random: () => number
}

/** Returns a migration. Throws a {@link ConfigError} if the options are wrong. */
export function buildMigration<R, W, RI, WI>(parts: MigrationParts<R, W, RI, WI>): LDMigration<R, W, RI, WI> {
  checkMigrationOptions(parts.options)
  return new Migration(parts)
}

type Method<P, T> = (payload: P | undefined) => Promise<LDMethodResult<T>>
type Call<T> = (origin: LDMigrationOrigin) => Promise<LDMigrationResult<T>>

class Migration<R, W, RI, WI> implements LDMigration<R, W, RI, WI> {
  readonly #parts: MigrationParts<R, W, RI, WI>

  constructor(parts: MigrationParts<R, W, RI, WI>) {
    this.#parts = parts
  }

  async read(
    key: string,
    context: Context,
    defaultStage: LDMigrationStage,
    payload?: RI,
  ): Promise<LDMigrationReadResult<R>> {
    const { options } = this.#parts
    // Called as methods of the options, which may be an instance of a class.
    const methods = {
      old: (given: RI | undefined) => options.readOld(given),
      new: (given: RI | undefined) => options.readNew(given),
    }
    const { value, tracker } = await this.#stage(key, context, defaultStage)
    const { reads, authoritative } = STAGE_PLANS[value]
    const results = await this.#readAll(reads, this.#call(methods, payload, tracker))
    const { old: fromOld, new: fromNew } = results
    if (options.check && fromOld?.success && fromNew?.success) {
      tracker.consistency(() => options.check?.(fromOld.result, fromNew.result) as boolean)
    }
    this.#send(tracker, 'read')
    return results[authoritative] as LDMigrationReadResult<R>
  }

  async write(
    key: string,
    context: Context,
    defaultStage: LDMigrationStage,
    payload?: WI,
  ): Promise<LDMigrationWriteResult<W>> {
    const { options } = this.#parts
    const methods = {
      old: (given: WI | undefined) => options.writeOld(given),
      new: (given: WI | undefined) => options.writeNew(given),
    }
    const { value, tracker } = await this.#stage(key, context, defaultStage)
    const { writes, authoritative: first } = STAGE_PLANS[value]
    const call = this.#call(methods, payload, tracker)
    const authoritative = await call(first)
    const second = authoritative.success ? writes.find((origin) => origin !== first) : undefined
    const nonAuthoritative = second && (await call(second))
    this.#send(tracker, 'write')
    return { authoritative, ...(nonAuthoritative && { nonAuthoritative }) }
  }

  async #stage(key: string, context: Context, defaultStage: LDMigrationStage): Promise<LDMigrationVariation> {
    if (!IsMigrationStage(defaultStage)) {
      const expected = `one of the stages ${Object.keys(STAGE_PLANS).join(', ')}`
      throw new ConfigError([{ path: 'defaultStage', expected, received: describeReceived(defaultStage) }])
    }
    return this.#parts.client.migrationVariation(key, context, defaultStage)
  }

  /** Returns the results by origin. */
  async #readAll(
    origins: readonly LDMigrationOrigin[],
    call: Call<R>,
  ): Promise<{ readonly [Origin in LDMigrationOrigin]?: LDMigrationResult<R> }> {
    const { execution } = this.#parts.options
    const results: { [Origin in LDMigrationOrigin]?: LDMigrationResult<R> } = {}
    const run = async (origin: LDMigrationOrigin): Promise<void> => {
      results[origin] = await call(origin)
    }
    if (execution?.type === LDExecution.Serial) for (const origin of this.#ordered(origins)) await run(origin)
    else await Promise.all(origins.map(run))
    return results
  }

  #ordered(origins: readonly LDMigrationOrigin[]): readonly LDMigrationOrigin[] {
    const { execution } = this.#parts.options
    const isRandom = execution && 'ordering' in execution && execution.ordering === LDExecutionOrdering.Random
    return isRandom && this.#parts.random() >= 0.5 ? origins.toReversed() : origins
  }

  /** Returns a function that calls the method of an origin and records the call. It never rejects. */
  #call<P, T>(
    methods: Readonly<Record<LDMigrationOrigin, Method<P, T>>>,
    payload: P | undefined,
    tracker: LDMigrationTracker,
  ): Call<T> {
    const { options, clock } = this.#parts
    return async (origin) => {
      tracker.invoked(origin)
      const startedAt = clock.monotonic()
      const result = await resultOf(() => methods[origin](payload))
      if (options.latencyTracking !== false) tracker.latency(origin, clock.monotonic() - startedAt)
      if (options.errorTracking !== false && !result.success) tracker.error(origin)
      return { origin, ...result }
    }
  }

  #send(tracker: LDMigrationTracker, operation: LDMigrationOp): void {
    tracker.op(operation)
    const event = tracker.createEvent()
    if (event) this.#parts.client.trackMigration(event)
  }
}

/** Calls a method of the application. What it throws, or a result of the wrong form, becomes a failure. */
async function resultOf<T>(call: () => Promise<LDMethodResult<T>>): Promise<LDMethodResult<T>> {
  try {
    const result: unknown = await call()
    if (isJsonObject(result) && typeof result.success === 'boolean') return result as LDMethodResult<T>
    throw new TypeError('the method returned neither LDMigrationSuccess(...) nor LDMigrationError(...)')
  } catch (error) {
    return { success: false, error }
  }
}
