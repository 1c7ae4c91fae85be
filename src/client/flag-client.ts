import type { Undo } from '../async/clock.ts'
import type { DataSystem, InitializationResult } from '../datasystem/data-system.ts'
import type { WaitOptions } from '../datasystem/readiness.ts'
import type { Context } from '../evaluation/context.ts'
import type { ChangedKeys } from '../model/change-set.ts'
import type { DataAvailability } from '../model/status.ts'
import type { ClientEvents } from './events.ts'
import type { FlagsState, FlagsStateOptions } from './flags-state.ts'
import type { Hook } from './hooks.ts'
import type { Variations } from './variations.ts'

/** How long to wait at most; `timeoutMs` wins over `timeout`. */
export interface ClientWaitOptions extends WaitOptions {
  /** Seconds, as the official SDK takes it. */
  readonly timeout?: number
}

/** A value that a listener watches has changed. */
export interface ValueChange {
  readonly key: string
  readonly oldValue: unknown
  readonly newValue: unknown
}

/**
 * Evaluates flags over a data system of its own. Names and meanings follow LaunchDarkly's Node.js SDK. Evaluation
 * never throws and never rejects: what goes wrong is a fallback value and a reason.
 */
export interface FlagClient extends Variations<'promise'>, AsyncDisposable {
  /** The same evaluations without a promise, where data is in memory. */
  readonly sync: Variations<'sync'>
  /** The state of the data source: now, and as it changes. */
  readonly status: DataSystem['status']
  readonly availability: DataAvailability
  /** How the database does, where there is one: now, and as it changes. */
  readonly storeStatus: DataSystem['storeStatus']
  initialized(): boolean
  /** Resolves when there is data to serve, or when waiting is over (D14). Rejects only once closed. */
  waitForInitialization(options?: ClientWaitOptions): Promise<InitializationResult>
  isOffline(): boolean
  /** Values of all flags for a context, to be handed to a front end. */
  allFlagsState(context: Context, options?: FlagsStateOptions): Promise<FlagsState>
  /** Hex HMAC-SHA256 of the context's canonical key, with the SDK key. Throws for an invalid context. */
  secureModeHash(context: Context): string
  /** Later hooks see the evaluation later, and its end earlier. */
  addHook(hook: Hook): void
  on<E extends keyof ClientEvents>(event: E, listener: ClientEvents[E]): this
  once<E extends keyof ClientEvents>(event: E, listener: ClientEvents[E]): this
  off<E extends keyof ClientEvents>(event: E, listener: ClientEvents[E]): this
  /** Told of each change once, with all its keys. */
  onChange(listener: (keys: ChangedKeys) => void): Undo
  /** Told when the value this context gets of a flag differs from before. */
  onValueChange(
    key: string,
    context: Context,
    defaultValue: unknown,
    listener: (change: ValueChange) => void,
  ): Undo
  /** Ends the data system. Safe to call twice. */
  close(): Promise<void>
}
