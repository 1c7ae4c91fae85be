import type { Undo } from '../async/clock.ts'
import type { BigSegmentStoreStatusProvider } from '../big-segments/status-provider.ts'
import type { InitializationResult } from '../datasystem/data-system.ts'
import type { WaitOptions } from '../datasystem/readiness.ts'
import type { DataSourceStatusFeed } from '../datasystem/status-publisher.ts'
import type { Context } from '../evaluation/context.ts'
import type { Explanation } from '../evaluation/explanation.ts'
import type { EventsStatus } from '../events/events-status.ts'
import type { MigrationClient } from '../migrations/migration.ts'
import type { ChangedKeys } from '../model/change-set.ts'
import type { DataAvailability, StatusFeed, StoreStatusFeed } from '../model/status.ts'
import type { OverridesStatus } from '../overrides/overrides.ts'
import type { ClientEvents } from './emitter.ts'
import type { FlagsState, FlagsStateOptions } from './flags-state.ts'
import type { Hook } from './hooks.ts'
import type { Variations } from './variations.ts'

/** The options of `waitForInitialization`. `timeoutMs` takes precedence over `timeout`. */
export interface ClientWaitOptions extends WaitOptions {
  /** Longest wait, in seconds, as in the official SDK. Default, and 0: no limit. */
  readonly timeout?: number
}

/** A change of the value that a flag has for one context. */
export interface ValueChange {
  /** The key of the flag. */
  readonly key: string
  /** The value before the change; the fallback value if the flag could not be evaluated. */
  readonly oldValue: unknown
  /** The value after the change; the fallback value if the flag cannot be evaluated. */
  readonly newValue: unknown
}

/** Called once when a flush has ended. `ok` is false if events were lost, and `error` says why. */
export type FlushCallback = (...result: [error: Error | null, ok: boolean]) => void

/** The delivery of the analytics events of a client. */
export interface EventDelivery {
  /** The number of events that wait, of those that were lost, and the last delivery and error. */
  readonly status: EventsStatus
}

/**
 * A client that evaluates flags. Names and behaviour follow LaunchDarkly's Node.js SDK. Evaluations never throw and never
 * reject: if one fails, it returns the fallback value, and the reason says why.
 */
export interface FlagClient extends Variations<'promise'>, MigrationClient, AsyncDisposable {
  /**
   * The synchronous variation methods. They need data in memory: with a database that is read lazily they return fallback
   * values, and big segments have only the members that are cached.
   */
  readonly sync: Variations<'sync'>
  /** The status of the data source: `current`, its `changes`, and `waitFor` a state. */
  readonly status: DataSourceStatusFeed
  /** The quality of the data: `defaults` (none), `cached` (not confirmed by a source) or `refreshed`. */
  readonly availability: DataAvailability
  /** The status of the database and its changes; undefined without a database. */
  readonly storeStatus: StoreStatusFeed | undefined
  /** The status of the store of big segments and its changes. */
  readonly bigSegmentStoreStatusProvider: BigSegmentStoreStatusProvider
  /** The delivery of analytics events. */
  readonly events: EventDelivery
  /** The flags and segments that local files override, and the changes of that; undefined without the option `overrides`. */
  readonly overrides: StatusFeed<OverridesStatus> | undefined
  /** Returns whether there is data to serve. */
  initialized(): boolean
  /**
   * Resolves when there is data to serve, or when the wait ends without it; `reason` tells which. The client continues to
   * look for data after a time-out.
   *
   * @throws {@link ClosedError} if the client is closed.
   * @throws {@link ConfigError} if the name of an option is misspelled.
   * @example
   * ```ts
   * const { initialized, reason } = await client.waitForInitialization({ timeoutMs: 5_000 })
   * if (!initialized) console.warn(`no flags yet (${reason}); fallback values are used`)
   * ```
   */
  waitForInitialization(options?: ClientWaitOptions): Promise<InitializationResult>
  /** Returns whether the client was created with `offline`. */
  isOffline(): boolean
  /**
   * Returns the values of all flags for a context at one moment, for example as bootstrap data of a client-side SDK. Calls at once are
   * answered in turn, with pauses for the event loop. Never rejects.
   *
   * @example
   * ```ts
   * const state = await client.allFlagsState(context, { clientSideOnly: true })
   * const bootstrap = JSON.stringify(state.toJSON())
   * ```
   */
  allFlagsState(context: Context, options?: FlagsStateOptions): Promise<FlagsState>
  /**
   * Evaluates a flag for a context and returns each step of that with its outcome, for example the value that a clause saw and
   * why a rule did not match. Sends no events and calls no hooks. Never rejects: a problem is a step of type `problem`.
   *
   * An explanation contains values of the context, private attributes included: treat it as confidential as the context. The
   * values and reasons of all flags are in {@link FlagClient.allFlagsState} with `withReasons`.
   *
   * @example
   * ```ts
   * const { result, steps } = await client.explain('new-checkout', { kind: 'user', key: 'u-1' })
   * ```
   */
  explain(key: string, context: Context): Promise<Explanation>
  /**
   * Returns the HMAC-SHA256 of the context's canonical key with the SDK key, in hexadecimal, for secure mode of client-side
   * SDKs.
   *
   * @throws {@link HalyardError} with code `INVALID_CONTEXT` if the context is invalid.
   */
  secureModeHash(context: Context): string
  /**
   * Sends an event of the application, for example for the metrics of experiments. Returns at once and never throws; an event
   * with a wrong key or context is dropped with a warning.
   *
   * @param data - any JSON value. It is written at once, so it may be changed afterwards.
   * @param metricValue - a number for numeric metrics.
   * @example
   * ```ts
   * client.track('order-paid', context, { items: 3 }, 59.9)
   * ```
   */
  track(key: string, context: Context, data?: unknown, metricValue?: number): void
  /** Sends the attributes of a context. Needed only for contexts for which no flag is evaluated. Never throws. */
  identify(context: Context): void
  /**
   * Delivers all analytics events now. Resolves when they are delivered or lost, and never rejects.
   *
   * @param callback - called before the promise resolves.
   */
  flush(callback?: FlushCallback): Promise<void>
  /** Adds a hook after the existing ones. Ignores any other value, with a warning. */
  addHook(hook: Hook): void
  /** Adds a listener. One that is added twice is called twice. */
  on<E extends keyof ClientEvents>(event: E, listener: ClientEvents[E]): this
  /** Adds a listener that is removed after its first call. */
  once<E extends keyof ClientEvents>(event: E, listener: ClientEvents[E]): this
  /** Removes a listener; of several registrations, the last. */
  off<E extends keyof ClientEvents>(event: E, listener: ClientEvents[E]): this
  /**
   * Calls the listener once for each change of the data, with the keys of all affected flags and segments. Returns a
   * function that removes it.
   *
   * @example
   * ```ts
   * const stop = client.onChange(({ flags }) => console.log('changed:', ...flags))
   * ```
   */
  onChange(listener: (keys: ChangedKeys) => void): Undo
  /**
   * Calls the listener when the value of a flag for this context changes. Returns a function that removes it.
   *
   * @example
   * ```ts
   * const stop = client.onValueChange('log-level', context, 'info', ({ newValue }) => console.log('log level:', newValue))
   * ```
   */
  onValueChange(
    key: string,
    context: Context,
    defaultValue: unknown,
    listener: (change: ValueChange) => void,
  ): Undo
  /**
   * Delivers analytics events, for at most 5 s (`events.closeTimeoutMs`), and closes connections and timers. Evaluations continue
   * with the data in memory. Safe to call twice.
   */
  close(): Promise<void>
}
