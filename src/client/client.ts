import { createHmac } from 'node:crypto'
import type { Clock, Undo } from '../async/clock.ts'
import type { DataSystem, InitializationResult } from '../datasystem/data-system.ts'
import { type Context, canonicalKey, contextProblem, prepare } from '../evaluation/context.ts'
import type { Detail, ErrorKind, Evaluation } from '../evaluation/detail.ts'
import type { Refusal } from '../evaluation/pattern.ts'
import type { ChangedKeys } from '../model/change-set.ts'
import { errorText } from '../model/error-text.ts'
import { HalyardError } from '../model/errors.ts'
import type { Logger } from '../model/logger.ts'
import type { DataAvailability } from '../model/status.ts'
import { readWaitOptions } from './client-options.ts'
import { Evaluator, type EveryFlag, ReadinessGate, readAll } from './evaluator.ts'
import { ClientEmitter, type ClientEvents } from './events.ts'
import type { ClientWaitOptions, FlagClient, ValueChange } from './flag-client.ts'
import {
  buildFlagsState,
  evaluateAll,
  type FlagsState,
  type FlagsStateOptions,
  INVALID_STATE,
} from './flags-state.ts'
import { type Hook, Hooks } from './hooks.ts'
import type { Patterns } from './patterns.ts'
import { SyncVariations, type Variations } from './variations.ts'
import { WarnOnce } from './warn-once.ts'
import { watchValue } from './watch-value.ts'

/** What a client is made of. */
export interface ClientParts {
  readonly sdkKey: string
  readonly dataSystem: DataSystem
  readonly hooks: readonly Hook[]
  readonly offline: boolean
  readonly logger: Logger
  readonly clock: Clock
  readonly patterns: Patterns
}

/** The flag client: each evaluation is the synchronous one, in a promise where a promise is wanted. */
export class Client implements FlagClient {
  readonly sync: Variations<'sync'>
  readonly #parts: ClientParts
  readonly #hooks: Hooks
  readonly #gate: ReadinessGate
  readonly #remarks: WarnOnce
  readonly #emitter: ClientEmitter
  readonly #evaluator: Evaluator

  constructor(parts: ClientParts) {
    const { dataSystem, hooks, offline, logger, patterns } = parts
    this.#parts = parts
    this.#hooks = new Hooks(hooks, logger, () => dataSystem.environmentId)
    this.#remarks = new WarnOnce(logger)
    this.#gate = new ReadinessGate({ dataSystem, remarks: this.#remarks, offline })
    this.#emitter = new ClientEmitter(parts)
    this.#evaluator = new Evaluator({ dataSystem, gate: this.#gate, remarks: this.#remarks, patterns })
    this.sync = this.#variations(this.#hooks)
  }

  async variation(key: string, context: Context, defaultValue: unknown): Promise<unknown> {
    return (this.#now ?? (await this.#later(key, context))).variation(key, context, defaultValue)
  }

  async variationDetail(key: string, context: Context, defaultValue: unknown): Promise<Detail> {
    return (this.#now ?? (await this.#later(key, context))).variationDetail(key, context, defaultValue)
  }

  async boolVariation(key: string, context: Context, defaultValue: boolean): Promise<boolean> {
    return (this.#now ?? (await this.#later(key, context))).boolVariation(key, context, defaultValue)
  }

  async boolVariationDetail(key: string, context: Context, defaultValue: boolean): Promise<Detail<boolean>> {
    return (this.#now ?? (await this.#later(key, context))).boolVariationDetail(key, context, defaultValue)
  }

  async numberVariation(key: string, context: Context, defaultValue: number): Promise<number> {
    return (this.#now ?? (await this.#later(key, context))).numberVariation(key, context, defaultValue)
  }

  async numberVariationDetail(key: string, context: Context, defaultValue: number): Promise<Detail<number>> {
    return (this.#now ?? (await this.#later(key, context))).numberVariationDetail(key, context, defaultValue)
  }

  async stringVariation(key: string, context: Context, defaultValue: string): Promise<string> {
    return (this.#now ?? (await this.#later(key, context))).stringVariation(key, context, defaultValue)
  }

  async stringVariationDetail(key: string, context: Context, defaultValue: string): Promise<Detail<string>> {
    return (this.#now ?? (await this.#later(key, context))).stringVariationDetail(key, context, defaultValue)
  }

  async jsonVariation(key: string, context: Context, defaultValue: unknown): Promise<unknown> {
    return (this.#now ?? (await this.#later(key, context))).jsonVariation(key, context, defaultValue)
  }

  async jsonVariationDetail(key: string, context: Context, defaultValue: unknown): Promise<Detail> {
    return (this.#now ?? (await this.#later(key, context))).jsonVariationDetail(key, context, defaultValue)
  }

  get status(): DataSystem['status'] {
    return this.#parts.dataSystem.status
  }

  get storeStatus(): DataSystem['storeStatus'] {
    return this.#parts.dataSystem.storeStatus
  }

  get availability(): DataAvailability {
    return this.#parts.dataSystem.availability
  }

  initialized(): boolean {
    return this.#parts.dataSystem.initialized
  }

  async waitForInitialization(options?: ClientWaitOptions): Promise<InitializationResult> {
    const { dataSystem, logger } = this.#parts
    return dataSystem.waitForInitialization(readWaitOptions(options, logger))
  }

  isOffline(): boolean {
    return this.#parts.offline
  }

  async allFlagsState(context: Context, options: FlagsStateOptions = {}): Promise<FlagsState> {
    const reader = await readAll(this.#parts, this.#gate)
    if (!reader) return INVALID_STATE
    try {
      this.#remarks.stateOptions(options)
      return this.#allFlagsState(reader, context, options)
    } catch (error) {
      // Options may be anything, in a program without types.
      this.#parts.logger.error(`the state of all flags could not be made, and is empty: ${errorText(error)}`)
      return INVALID_STATE
    }
  }

  secureModeHash(context: Context): string {
    const key = canonicalKey(context)
    if (key === undefined)
      throw new HalyardError('INVALID_CONTEXT', `No hash for an invalid context. ${contextProblem(context)}`)
    return createHmac('sha256', this.#parts.sdkKey).update(key).digest('hex')
  }

  addHook(hook: Hook): void {
    this.#hooks.add(hook)
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
    return this.#parts.dataSystem.on('change', listener)
  }

  onValueChange(
    key: string,
    context: Context,
    defaultValue: unknown,
    listener: (change: ValueChange) => void,
  ): Undo {
    const { dataSystem, logger } = this.#parts
    // Hooks see what the application asks for; this is asked by us.
    const hooks = new Hooks([], logger, () => undefined)
    const variations = this.#variations(hooks)
    const read = async (): Promise<unknown> =>
      this.#settled(await this.#evaluator.later(key, context), hooks).variation(key, context, defaultValue)
    const first = dataSystem.lazy && read()
    return watchValue({ dataSystem, variations, key, context, defaultValue, listener, first })
  }

  close(): Promise<void> {
    this.#emitter.close()
    return this.#parts.dataSystem.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #allFlagsState(reader: EveryFlag, context: Context, options: FlagsStateOptions): FlagsState {
    const prepared = prepare(context)
    if (!prepared) {
      this.#parts.logger.info(
        `the state of all flags is empty for an invalid context (${contextProblem(context)})`,
      )
      return INVALID_STATE
    }
    const onFailed = (errorKind: ErrorKind, key: string): void => {
      this.#remarks.failed(errorKind, key, context)
    }
    const onRefused = (key: string, refusal: Refusal): void => this.#remarks.refused(key, refusal)
    const { flags } = reader
    return buildFlagsState(evaluateAll({ ...options, reader, flags, context: prepared, onFailed, onRefused }))
  }

  /** What answers where there is nothing to wait for; asked first, because to wait for nothing takes time too. */
  get #now(): Variations<'sync'> | undefined {
    return this.#parts.dataSystem.lazy ? undefined : this.sync
  }

  /** What answers for this flag and context, once a database has been read for them. */
  async #later(key: string, context: Context): Promise<Variations<'sync'>> {
    return this.#settled(await this.#evaluator.later(key, context), this.#hooks)
  }

  #settled(evaluation: Evaluation, hooks: Hooks): Variations<'sync'> {
    return new SyncVariations({ evaluate: () => evaluation, hooks, remarks: this.#remarks })
  }

  #variations(hooks: Hooks): Variations<'sync'> {
    const evaluator = this.#evaluator
    const evaluate = (key: string, context: Context): Evaluation => evaluator.now(key, context)
    return new SyncVariations({ evaluate, hooks, remarks: this.#remarks })
  }
}
