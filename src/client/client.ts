import { createHmac } from 'node:crypto'
import type { Clock, Undo } from '../async/clock.ts'
import { SharedSlices } from '../async/slices.ts'
import type { BigSegments } from '../big-segments/big-segments.ts'
import { type BigSegmentStoreStatusProvider, statusProvider } from '../big-segments/status-provider.ts'
import type { DataSystem, InitializationResult } from '../datasystem/data-system.ts'
import { type Context, canonicalKey, contextProblem } from '../evaluation/context.ts'
import { evaluate, evaluateRecorded } from '../evaluation/evaluate.ts'
import type { Explanation } from '../evaluation/explanation.ts'
import type { Patterns } from '../evaluation/patterns.ts'
import type { Analytics } from '../events/analytics.ts'
import type { EventRecorder } from '../events/event-recorder.ts'
import type { LDMigrationVariation } from '../migrations/migration.ts'
import type { LDMigrationOpEvent } from '../migrations/operation-event.ts'
import type { LDMigrationStage } from '../migrations/stages.ts'
import type { ChangedKeys } from '../model/change-set.ts'
import { HalyardError } from '../model/errors.ts'
import type { Logger } from '../model/logger.ts'
import type { DataAvailability } from '../model/status.ts'
import type { Overrides } from '../overrides/overrides.ts'
import { Changes } from './changes.ts'
import { readWaitOptions } from './client-options.ts'
import { ClientEmitter, type ClientEvents } from './emitter.ts'
import { EvaluationWarnings } from './evaluation-warnings.ts'
import { Evaluator } from './evaluator.ts'
import type {
  ClientWaitOptions,
  EventDelivery,
  FlagClient,
  FlushCallback,
  ValueChange,
} from './flag-client.ts'
import { type FlagsState, type FlagsStateOptions, readFlagsState, STATE_SLICE_MS } from './flags-state.ts'
import { type Hook, Hooks } from './hooks.ts'
import { MigrationMethods, provideSurroundings } from './migrations.ts'
import { Tracking } from './tracking.ts'
import { promiseVariations, syncVariations, VariationMethod, type Variations } from './variations.ts'
import { watchValue } from './watch-value.ts'

export interface ClientParts {
  readonly sdkKey: string
  readonly dataSystem: DataSystem
  readonly bigSegments: BigSegments | undefined
  readonly overrides: Overrides | undefined
  readonly hooks: readonly Hook[]
  readonly offline: boolean
  /** The analytics events; `undefined` if the client sends none. */
  readonly analytics: Pick<Analytics, 'recorder' | 'status' | 'flush' | 'close'> | undefined
  readonly logger: Logger
  readonly clock: Clock
  readonly random: () => number
  readonly patterns: Patterns
}

/** Assembles a client: the variation methods of {@link Variations}, and everything else from {@link ClientBase}. */
export function assembleClient(parts: ClientParts): FlagClient {
  const { dataSystem, logger } = parts
  const warnings = new EvaluationWarnings(logger)
  const hooks = new Hooks(parts.hooks, logger, () => dataSystem.environmentId)
  const recorder = parts.analytics?.recorder
  const evaluator = new Evaluator({ ...parts, warnings, evaluate: recorder ? evaluateRecorded : evaluate })
  const evaluation = { evaluator, hooks, warnings, recorder }
  const changes = new Changes(parts)
  const base = new ClientBase({
    ...parts,
    ...evaluation,
    changes,
    slices: new SharedSlices(parts.clock, STATE_SLICE_MS),
    sync: syncVariations(evaluation),
  })
  return Object.assign(base, promiseVariations(evaluation))
}

interface ClientBaseParts extends Omit<ClientParts, 'hooks'> {
  readonly recorder: EventRecorder | undefined
  readonly evaluator: Evaluator
  readonly hooks: Hooks
  readonly warnings: EvaluationWarnings
  readonly changes: Changes
  readonly slices: SharedSlices
  readonly sync: Variations<'sync'>
}

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** All members of a client but the variation methods that return promises. */
class ClientBase {
  readonly sync: Variations<'sync'>
  readonly bigSegmentStoreStatusProvider: BigSegmentStoreStatusProvider
  readonly events: EventDelivery
  readonly #parts: ClientBaseParts
  readonly #emitter: ClientEmitter
  readonly #migrations: MigrationMethods
  readonly #tracking: Tracking
  /** Evaluates with a trace. */
  #explaining: Evaluator | undefined

  constructor(parts: ClientBaseParts) {
    this.sync = parts.sync
    this.bigSegmentStoreStatusProvider = statusProvider(parts.bigSegments?.poll)
    this.#parts = parts
    this.#emitter = new ClientEmitter(parts)
    this.#migrations = new MigrationMethods({ ...parts, onError: (error) => this.#emitter.report(error) })
    provideSurroundings(this, parts)
    this.#tracking = new Tracking(parts)
    this.events = this.#tracking.delivery
  }

  get status(): DataSystem['status'] {
    return this.#parts.dataSystem.status
  }

  get storeStatus(): DataSystem['storeStatus'] {
    return this.#parts.dataSystem.storeStatus
  }

  get overrides(): Overrides['status'] | undefined {
    return this.#parts.overrides?.status
  }

  get availability(): DataAvailability {
    return this.#parts.dataSystem.availability
  }

  initialized(): boolean {
    return this.#parts.dataSystem.initialized
  }

  async waitForInitialization(options?: ClientWaitOptions): Promise<InitializationResult> {
    const { dataSystem, overrides, logger } = this.#parts
    const limits = readWaitOptions(options, logger)
    const [result] = await Promise.all([
      dataSystem.waitForInitialization(limits),
      overrides?.firstRead(limits),
    ])
    return result
  }

  isOffline(): boolean {
    return this.#parts.offline
  }

  migrationVariation(
    key: string,
    context: Context,
    defaultValue: LDMigrationStage,
  ): Promise<LDMigrationVariation> {
    return this.#migrations.migrationVariation(key, context, defaultValue)
  }

  trackMigration(event: LDMigrationOpEvent): void {
    this.#migrations.trackMigration(event)
  }

  allFlagsState(context: Context, options: FlagsStateOptions = {}): Promise<FlagsState> {
    return readFlagsState(this.#parts, context, options)
  }

  async explain(key: string, context: Context): Promise<Explanation> {
    // Few applications explain evaluations, so the code is loaded on demand.
    const { evaluateTraced, explanationOf } = await import('../evaluation/explain.ts')
    // No hooks and no events, because the application does not use the value, and no warnings, because an explanation states each problem.
    const warnings = new EvaluationWarnings(SILENT)
    this.#explaining ??= new Evaluator({ ...this.#parts, warnings, evaluate: evaluateTraced })
    return explanationOf(key, context, await this.#explaining.later(key, context))
  }

  secureModeHash(context: Context): string {
    const key = canonicalKey(context)
    if (key === undefined)
      throw new HalyardError('INVALID_CONTEXT', `No hash for an invalid context. ${contextProblem(context)}`)
    return createHmac('sha256', this.#parts.sdkKey).update(key).digest('hex')
  }

  track(key: string, context: Context, data?: unknown, metricValue?: number): void {
    this.#tracking.track({ key, context, data, metricValue })
  }

  identify(context: Context): void {
    this.#tracking.identify(context)
  }

  flush(callback?: FlushCallback): Promise<void> {
    return this.#tracking.flush(callback)
  }

  addHook(hook: Hook): void {
    this.#parts.hooks.add(hook)
  }

  on<E extends keyof ClientEvents>(event: E, listener: ClientEvents[E]): this {
    this.#emitter.add(event, listener, 'always')
    return this
  }

  once<E extends keyof ClientEvents>(event: E, listener: ClientEvents[E]): this {
    this.#emitter.add(event, listener, 'once')
    return this
  }

  off<E extends keyof ClientEvents>(event: E, listener: ClientEvents[E]): this {
    this.#emitter.remove(event, listener)
    return this
  }

  onChange(listener: (keys: ChangedKeys) => void): Undo {
    return this.#parts.changes.on(listener)
  }

  onValueChange(
    key: string,
    context: Context,
    defaultValue: unknown,
    listener: (change: ValueChange) => void,
  ): Undo {
    // No hooks and no events, because these evaluations are not requested by the application.
    const hooks = new Hooks([], this.#parts.logger, () => undefined)
    const variation = new VariationMethod('variation', { ...this.#parts, hooks, recorder: undefined })
    return watchValue({ ...this.#parts, variation, key, context, defaultValue, listener })
  }

  async close(): Promise<void> {
    this.#emitter.close()
    const { analytics, bigSegments, dataSystem, overrides } = this.#parts
    overrides?.close()
    await Promise.all([analytics?.close(), dataSystem.close(), bigSegments?.close()])
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
