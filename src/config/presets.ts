import { ConfigError } from '../model/errors.ts'
import { refuseUnknownNames } from '../model/near-miss.ts'
import type { StoreDescription } from '../model/persistent-store.ts'
import { readingOptions } from '../model/readable.ts'
import { describeReceived } from '../options/issues.ts'
import type { DataSystemConfig, FailoverConfig, Fdv1FallbackConfig } from './config.ts'
import { isPlanForm } from './plan-form.ts'
import { daemonPlan, fdv1FallbackOf, pollingPlan, standardPlan, streamingPlan } from './plans.ts'

interface ReserveOptions {
  /** Polls of FDv1, used only while the server orders it. Default `{}`; `null`: none. */
  readonly fdv1Fallback?: Fdv1FallbackConfig | null
}

export interface StreamingPresetOptions extends ReserveOptions {
  /** First delay before a reconnect, milliseconds. Default 1,000. */
  readonly initialReconnectDelayMs?: number
}

export interface PollingPresetOptions extends ReserveOptions {
  /** From the start of one poll to the start of the next, milliseconds. Default and minimum 30,000. */
  readonly intervalMs?: number
}

export interface DefaultPresetOptions extends StreamingPresetOptions, PollingPresetOptions {
  /** When to leave the stream for polls, and when to return. */
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

const A_STORE = 'a store, such as redisStore() of halyard/redis'

function wrong(path: string, expected: string, value: unknown): ConfigError {
  return new ConfigError([{ path, expected, received: describeReceived([], value) }])
}

/** Ready-made plans. Each returns plain configuration: print it, change it, hand it on. A preset throws `ConfigError` for an option name it does not know. */
export const presets = {
  /** Full payload by a poll, deltas by a stream, polls while the stream is down. For most applications. */
  default(options: DefaultPresetOptions = {}): DataSystemConfig {
    refuseUnknownNames('presets.default', options, DEFAULT)
    return standardPlan(options)
  },

  /** Everything by the stream. */
  streaming(options: StreamingPresetOptions = {}): DataSystemConfig {
    refuseUnknownNames('presets.streaming', options, STREAMING)
    return streamingPlan(options)
  },

  /** Everything by polls, where long-lived connections are not welcome. */
  pollingOnly(options: PollingPresetOptions = {}): DataSystemConfig {
    refuseUnknownNames('presets.pollingOnly', options, POLLING)
    return pollingPlan(options)
  },

  /** A plan of your own. It has a reserve of FDv1 like the others, unless `fdv1Fallback` is `null`. */
  custom(config: DataSystemConfig): DataSystemConfig {
    return readingOptions({ 'presets.custom': config }, () => {
      if (!isPlanForm(config)) throw wrong('presets.custom', 'initializers and synchronizers', config)
      return { ...config, fdv1Fallback: fdv1FallbackOf(config.fdv1Fallback) }
    })
  },

  /**
   * The database is all there is: nothing connects to a service, some other process keeps the data current. Ready at
   * once; flags are read when they are asked for, or all together (`reads: 'snapshot'`).
   */
  daemon(store: StoreDescription): DataSystemConfig {
    if (!store) throw wrong('presets.daemon', A_STORE, store)
    return daemonPlan(store)
  },

  /**
   * The default plan with a database beside memory: what arrives is written to it, and until something arrives, reads are
   * answered from it.
   */
  persistentStore(store: StoreDescription, options: DefaultPresetOptions = {}): DataSystemConfig {
    if (!store) throw wrong('presets.persistentStore', A_STORE, store)
    refuseUnknownNames('presets.persistentStore', options, DEFAULT)
    return { ...standardPlan(options), store }
  },

  /** No source at all: every read gets nothing, at once. */
  offline(): DataSystemConfig {
    return { initializers: [], synchronizers: [], fdv1Fallback: null }
  },
} as const
