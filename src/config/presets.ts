import { ConfigError } from '../model/errors.ts'
import type { StoreDescription } from '../model/persistent-store.ts'
import { describeReceived } from '../options/issues.ts'
import { readingOptions } from '../options/readable.ts'
import { refuseUnknownNames } from '../options/unknown-names.ts'
import type { DataSystemConfig, FailoverConfig, Fdv1FallbackConfig } from './config.ts'
import { isPlanForm } from './plan-form.ts'
import { daemonPlan, fdv1FallbackOf, pollingPlan, standardPlan, streamingPlan } from './plans.ts'

/** The option about FDv1 that the presets share. */
export interface Fdv1FallbackOption {
  /** A polling source of FDv1, used only while the server orders FDv1. `null`: none. Default `{}`: one with default values. */
  readonly fdv1Fallback?: Fdv1FallbackConfig | null
}

/** The options of `presets.streaming`. */
export interface StreamingPresetOptions extends Fdv1FallbackOption {
  /** First delay before a reconnect, in milliseconds; it doubles up to 30,000. Default 1,000, minimum 1. */
  readonly initialReconnectDelayMs?: number
}

/** The options of `presets.pollingOnly`. */
export interface PollingPresetOptions extends Fdv1FallbackOption {
  /** Time from the start of one poll to the start of the next, in milliseconds. Default and minimum 30,000. */
  readonly intervalMs?: number
}

/** The options of `presets.default` and `presets.persistentStore`. */
export interface DefaultPresetOptions extends StreamingPresetOptions, PollingPresetOptions {
  /** The time limits for leaving the stream for polls and for returning to it. Default: the default limits. */
  readonly failover?: FailoverConfig
}

const STREAMING: readonly (keyof StreamingPresetOptions)[] = ['initialReconnectDelayMs', 'fdv1Fallback']
const POLLING: readonly (keyof PollingPresetOptions)[] = ['intervalMs', 'fdv1Fallback']
const DEFAULT: readonly (keyof DefaultPresetOptions)[] = [
  'initialReconnectDelayMs',
  'intervalMs',
  'failover',
  'fdv1Fallback',
]

function requireStore(path: string, store: StoreDescription): void {
  if (!store) throw wrong(path, 'a store, such as redisStore() of halyard/redis', store)
}

function wrong(path: string, expected: string, value: unknown): ConfigError {
  return new ConfigError([{ path, expected, received: describeReceived(value) }])
}

/**
 * Ready-made plans for the option `dataSystem`. Each function returns plain configuration, which you can print and change.
 * It throws a {@link ConfigError} if the name of an option is unknown. The plans have the names and the parts that
 * LaunchDarkly documents for its data systems.
 *
 * @example
 * ```ts
 * const client = createClient(sdkKey, { dataSystem: presets.default({ intervalMs: 60_000 }) })
 * ```
 */
export const presets = {
  /** Returns the plan for most applications: a poll for the full payload, a stream for the changes, and polls while the stream is down. */
  default(options: DefaultPresetOptions = {}): DataSystemConfig {
    refuseUnknownNames('presets.default', options, DEFAULT)
    return standardPlan(options)
  },

  /** Returns a plan that only streams. */
  streaming(options: StreamingPresetOptions = {}): DataSystemConfig {
    refuseUnknownNames('presets.streaming', options, STREAMING)
    return streamingPlan(options)
  },

  /** Returns a plan that only polls, for networks that do not permit long-lived connections. */
  pollingOnly(options: PollingPresetOptions = {}): DataSystemConfig {
    refuseUnknownNames('presets.pollingOnly', options, POLLING)
    return pollingPlan(options)
  },

  /**
   * Returns a plan with the sources you list. Like the other plans, it has an FDv1 fallback unless `fdv1Fallback` is `null`.
   *
   * @throws {@link ConfigError} if the sources are no lists.
   * @example
   * ```ts
   * const dataSystem = presets.custom({
   *   initializers: [{ type: 'file', paths: ['flags.json'] }, { type: 'polling' }],
   *   synchronizers: [{ type: 'streaming' }, { type: 'polling', intervalMs: 60_000 }],
   * })
   * ```
   */
  custom(config: DataSystemConfig): DataSystemConfig {
    return readingOptions({ 'presets.custom': config }, () => {
      if (!isPlanForm(config)) throw wrong('presets.custom', 'initializers and synchronizers', config)
      return { ...config, fdv1Fallback: fdv1FallbackOf(config.fdv1Fallback) }
    })
  },

  /**
   * Returns the plan of daemon mode: another process writes the flag data to a database, and nothing connects to the service. The
   * client is ready at once. It reads each flag when it evaluates it, or all of them in advance if the store has `reads: 'snapshot'`.
   *
   * @throws {@link ConfigError} if there is no store.
   * @example
   * ```ts
   * const dataSystem = presets.daemon(redisStore({ url: 'redis://localhost:6379', reads: 'snapshot' }))
   * ```
   */
  daemon(store: StoreDescription): DataSystemConfig {
    requireStore('presets.daemon', store)
    return daemonPlan(store)
  },

  /**
   * Returns the default plan with a database. Each change is written to it, and evaluations read it until a source has data.
   *
   * @throws {@link ConfigError} if there is no store, or the name of an option is unknown.
   * @example
   * ```ts
   * const dataSystem = presets.persistentStore(fileStore('flags.snapshot'))
   * ```
   */
  persistentStore(store: StoreDescription, options: DefaultPresetOptions = {}): DataSystemConfig {
    requireStore('presets.persistentStore', store)
    refuseUnknownNames('presets.persistentStore', options, DEFAULT)
    return { ...standardPlan(options), store }
  },

  /** Returns a plan without sources: evaluations return fallback values. */
  offline(): DataSystemConfig {
    return { initializers: [], synchronizers: [], fdv1Fallback: null }
  },
} as const
