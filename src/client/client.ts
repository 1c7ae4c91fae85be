import { createHmac } from 'node:crypto'
import type { Clock, Undo } from '../async/clock.ts'
import type { DataSystem, InitializationResult } from '../datasystem/data-system.ts'
import type { Context } from '../evaluation/context.ts'
import { canonicalKey, contextProblem } from '../evaluation/context-key.ts'
import type { Detail, ErrorKind } from '../evaluation/detail.ts'
import { prepare } from '../evaluation/prepared-context.ts'
import type { ChangedKeys } from '../model/changed-keys.ts'
import { HalyardError } from '../model/errors.ts'
import type { Logger } from '../model/logger.ts'
import type { DataAvailability } from '../model/status.ts'
import { Announcer } from './announcer.ts'
import { buildFlagsState, INVALID_STATE } from './build-flags-state.ts'
import { evaluateAll } from './evaluate-all.ts'
import type { ClientEvents } from './events.ts'
import type { ClientWaitOptions, FlagClient, ValueChange } from './flag-client.ts'
import type { FlagsState, FlagsStateOptions } from './flags-state.ts'
import { Gate } from './gate.ts'
import type { Hook } from './hook.ts'
import { Hooks } from './hooks.ts'
import { readWaitOptions } from './read-wait-options.ts'
import { Remarks } from './remarks.ts'
import { SyncVariations } from './sync-variations.ts'
import type { Variations } from './variations.ts'
import { watchValue } from './watch-value.ts'

/** What a client is made of. */
export interface ClientParts {
  readonly sdkKey: string
  readonly dataSystem: DataSystem
  readonly hooks: readonly Hook[]
  readonly offline: boolean
  readonly logger: Logger
  readonly clock: Clock
}

/** The flag client: each evaluation is the synchronous one, in a promise where a promise is wanted. */
export class Client implements FlagClient {
  readonly sync: Variations<'sync'>
  readonly #parts: ClientParts
  readonly #hooks: Hooks
  readonly #gate: Gate
  readonly #remarks: Remarks
  readonly #announcer: Announcer

  constructor(parts: ClientParts) {
    const { dataSystem, hooks, offline, logger } = parts
    this.#parts = parts
    this.#hooks = new Hooks(hooks, logger)
    this.#remarks = new Remarks(logger)
    this.#gate = new Gate({ dataSystem, remarks: this.#remarks, offline })
    this.#announcer = new Announcer(parts)
    this.sync = this.#variations(this.#hooks)
  }

  variation(key: string, context: Context, defaultValue: unknown): Promise<unknown> {
    return Promise.resolve(this.sync.variation(key, context, defaultValue))
  }

  variationDetail(key: string, context: Context, defaultValue: unknown): Promise<Detail> {
    return Promise.resolve(this.sync.variationDetail(key, context, defaultValue))
  }

  boolVariation(key: string, context: Context, defaultValue: boolean): Promise<boolean> {
    return Promise.resolve(this.sync.boolVariation(key, context, defaultValue))
  }

  boolVariationDetail(key: string, context: Context, defaultValue: boolean): Promise<Detail<boolean>> {
    return Promise.resolve(this.sync.boolVariationDetail(key, context, defaultValue))
  }

  numberVariation(key: string, context: Context, defaultValue: number): Promise<number> {
    return Promise.resolve(this.sync.numberVariation(key, context, defaultValue))
  }

  numberVariationDetail(key: string, context: Context, defaultValue: number): Promise<Detail<number>> {
    return Promise.resolve(this.sync.numberVariationDetail(key, context, defaultValue))
  }

  stringVariation(key: string, context: Context, defaultValue: string): Promise<string> {
    return Promise.resolve(this.sync.stringVariation(key, context, defaultValue))
  }

  stringVariationDetail(key: string, context: Context, defaultValue: string): Promise<Detail<string>> {
    return Promise.resolve(this.sync.stringVariationDetail(key, context, defaultValue))
  }

  jsonVariation(key: string, context: Context, defaultValue: unknown): Promise<unknown> {
    return Promise.resolve(this.sync.jsonVariation(key, context, defaultValue))
  }

  jsonVariationDetail(key: string, context: Context, defaultValue: unknown): Promise<Detail> {
    return Promise.resolve(this.sync.jsonVariationDetail(key, context, defaultValue))
  }

  get status(): DataSystem['status'] {
    return this.#parts.dataSystem.status
  }

  get availability(): DataAvailability {
    return this.#parts.dataSystem.availability
  }

  initialized(): boolean {
    return this.#parts.dataSystem.initialized
  }

  waitForInitialization(options?: ClientWaitOptions): Promise<InitializationResult> {
    const { dataSystem, logger } = this.#parts
    return dataSystem.waitForInitialization(readWaitOptions(options, logger))
  }

  isOffline(): boolean {
    return this.#parts.offline
  }

  allFlagsState(context: Context, options: FlagsStateOptions = {}): Promise<FlagsState> {
    return Promise.resolve(this.#allFlagsState(context, options))
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
    this.#announcer.add(event, listener, 'always')
    return this
  }

  once<E extends keyof ClientEvents>(event: E, listener: ClientEvents[E]): this {
    this.#announcer.add(event, listener, 'once')
    return this
  }

  off<E extends keyof ClientEvents>(event: E, listener: ClientEvents[E]): this {
    this.#announcer.remove(event, listener)
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
    const variations = this.#variations(new Hooks([], logger))
    return watchValue({ dataSystem, variations, key, context, defaultValue, listener })
  }

  close(): Promise<void> {
    this.#announcer.close()
    return this.#parts.dataSystem.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #allFlagsState(context: Context, options: FlagsStateOptions): FlagsState {
    const { dataSystem: reader, logger } = this.#parts
    if (!this.#gate.open) return INVALID_STATE
    const prepared = prepare(context)
    if (!prepared) {
      logger.info(`the state of all flags is empty for an invalid context (${contextProblem(context)})`)
      return INVALID_STATE
    }
    const { flags } = reader.snapshot()
    const onFailed = (errorKind: ErrorKind, key: string): void => {
      this.#remarks.failed(errorKind, key, context)
    }
    return buildFlagsState(evaluateAll({ ...options, reader, flags, context: prepared, onFailed }))
  }

  #variations(hooks: Hooks): Variations<'sync'> {
    const { dataSystem: reader } = this.#parts
    return new SyncVariations({ reader, gate: this.#gate, hooks, remarks: this.#remarks })
  }
}
