import { type Clock, systemClock } from '../async/clock.ts'
import { systemRandom } from '../config/injected.ts'
import type { Context } from '../evaluation/context.ts'
import type { Evaluation, Reason } from '../evaluation/detail.ts'
import type { EvaluationRecord, EventRecorder } from '../events/event-recorder.ts'
import {
  buildMigration,
  type LDMigration,
  type LDMigrationVariation,
  type MigrationClient,
} from '../migrations/migration.ts'
import type { LDMigrationOptions } from '../migrations/migration-options.ts'
import { type LDMigrationOpEvent, readOperationEvent } from '../migrations/operation-event.ts'
import { IsMigrationStage, type LDMigrationStage, STAGE_PLANS } from '../migrations/stages.ts'
import { MigrationTracker } from '../migrations/tracker.ts'
import { errorText } from '../model/error-text.ts'
import { HalyardError } from '../model/errors.ts'
import type { Logger } from '../model/logger.ts'
import { WarnOnce } from '../model/warn-once.ts'
import type { EvaluationWarnings } from './evaluation-warnings.ts'
import type { Evaluator } from './evaluator.ts'
import type { Hooks } from './hooks.ts'

interface Surroundings {
  readonly clock: Clock
  readonly random: () => number
}

export interface MigrationMethodsOptions extends Surroundings {
  readonly evaluator: Evaluator
  readonly hooks: Hooks
  readonly warnings: EvaluationWarnings
  readonly recorder: EventRecorder | undefined
  readonly logger: Logger
  /** Receives an error for each value that is not a stage. */
  readonly onError: (error: Error) => void
}

/** The methods of a client for migrations. */
export class MigrationMethods implements MigrationClient {
  readonly #options: MigrationMethodsOptions
  readonly #reported = new WarnOnce()

  constructor(options: MigrationMethodsOptions) {
    this.#options = options
  }

  async migrationVariation(
    key: string,
    context: Context,
    defaultStage: LDMigrationStage,
  ): Promise<LDMigrationVariation> {
    const { evaluator, hooks } = this.#options
    const read = evaluator.mayRead ? await evaluator.later(key, context) : undefined
    const call = { flagKey: key, context, defaultValue: defaultStage, method: 'LDClient.migrationVariation' }
    let evaluation: Evaluation | undefined
    const evaluate = (): StageDetail => {
      evaluation = read ?? evaluator.now(key, context)
      this.#record({ key, context, evaluation, defaultValue: defaultStage, withReason: true })
      return this.#stageOf(key, evaluation, defaultStage)
    }
    const detail = hooks.any ? (hooks.around(call, evaluate) as StageDetail) : evaluate()
    const { value: stage, variationIndex, reason } = detail
    const { clock, random, logger } = this.#options
    const onProblem = (problem: string): void => {
      if (this.#reported.isFirst(problem)) logger.error(problem)
    }
    const flag = evaluation?.flag
    const evaluated = { key, context, defaultStage, stage, variationIndex, reason, flag }
    return { value: stage, tracker: new MigrationTracker(evaluated, { clock, random, onProblem }) }
  }

  trackMigration(event: LDMigrationOpEvent): void {
    const record = readOperationEvent(event)
    if (typeof record !== 'string') this.#options.recorder?.migrated(record)
    else if (this.#reported.isFirst(record))
      this.#options.logger.warn(`trackMigration: the event is ignored: ${record}`)
  }

  #record(record: EvaluationRecord): void {
    // Values for local development must not reach the service (OV4.2).
    if (!record.evaluation.reason.overridden) this.#options.recorder?.evaluated(record)
  }

  /** Returns the stage of an evaluation. A value that is not a stage is reported, and the default stage takes its place. */
  #stageOf(key: string, evaluation: Evaluation, defaultStage: LDMigrationStage): StageDetail {
    const { value, variationIndex, reason } = evaluation
    if (variationIndex === null) return { value: defaultStage, variationIndex, reason }
    if (IsMigrationStage(value)) return { value, variationIndex, reason }
    this.#options.warnings.wrongType(key, 'migration flag')
    const stages = Object.keys(STAGE_PLANS).join(', ')
    const problem = `flag "${errorText(key)}" is not a migration flag: its value is none of ${stages}; the default stage is used`
    this.#options.onError(new HalyardError('NOT_A_STAGE', problem))
    const { overridden } = reason
    return {
      value: defaultStage,
      variationIndex: null,
      reason: { kind: 'ERROR', errorKind: 'WRONG_TYPE', ...(overridden && { overridden }) },
    }
  }
}

interface StageDetail {
  readonly value: LDMigrationStage
  readonly variationIndex: number | null
  readonly reason: Reason
}

/** The clock and the random numbers of each client, which are not part of its public interface. */
const surroundingsOf = new WeakMap<MigrationClient, Surroundings>()

/** Makes the migrations of a client use its clock and its random numbers. */
export function provideSurroundings(client: MigrationClient, { clock, random }: Surroundings): void {
  surroundingsOf.set(client, { clock, random })
}

/**
 * Returns a migration, which reads and writes in the stage that a flag has for a context, and sends an event for each
 * operation.
 *
 * @param options - the methods that read and write, and how they are used.
 * @throws {@link ConfigError} if the options are wrong.
 * @example
 * ```ts
 * const [oldTotals, newTotals] = [new Map([['order-17', 59.9]]), new Map<string, number>()]
 * const totals = createMigration(client, {
 *   readOld: async (id = '') => LDMigrationSuccess(oldTotals.get(id)),
 *   readNew: async (id = '') => LDMigrationSuccess(newTotals.get(id)),
 *   writeOld: async (id = '') => LDMigrationSuccess(oldTotals.set(id, 59.9)),
 *   writeNew: async (id = '') => LDMigrationSuccess(newTotals.set(id, 59.9)),
 *   check: (fromOld, fromNew) => fromOld === fromNew,
 * })
 * const result = await totals.read('totals-migration', context, LDMigrationStage.Off, 'order-17')
 * if (result.success) console.log(result.origin, result.result)
 * ```
 */
export function createMigration<
  TMigrationRead,
  TMigrationWrite,
  // As in the official SDK (S146).
  TMigrationReadInput = any,
  TMigrationWriteInput = any,
>(
  client: MigrationClient,
  options: LDMigrationOptions<TMigrationRead, TMigrationWrite, TMigrationReadInput, TMigrationWriteInput>,
): LDMigration<TMigrationRead, TMigrationWrite, TMigrationReadInput, TMigrationWriteInput> {
  const { clock, random } = surroundingsOf.get(client) ?? { clock: systemClock, random: systemRandom }
  return buildMigration({ client, options, clock, random })
}
