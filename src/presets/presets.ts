import type { DataSystemConfig, FailoverConfig } from '../config/config.ts'

export interface StreamingPresetOptions {
  /** First delay before a reconnect, milliseconds. Default 1,000. */
  readonly initialReconnectDelayMs?: number
}

export interface PollingPresetOptions {
  /** From the start of one poll to the start of the next, milliseconds. Default and minimum 30,000. */
  readonly intervalMs?: number
}

export interface DefaultPresetOptions extends StreamingPresetOptions, PollingPresetOptions {
  /** When to leave the stream for polls, and when to return. */
  readonly failover?: FailoverConfig
}

/** Ready-made plans. Each returns plain configuration: print it, change it, hand it on. */
export const presets = {
  /** Full payload by a poll, deltas by a stream, polls while the stream is down. For most applications. */
  default(options: DefaultPresetOptions = {}): DataSystemConfig {
    const { initialReconnectDelayMs, intervalMs, failover } = options
    return {
      initializers: [{ type: 'polling' }],
      synchronizers: [
        { type: 'streaming', ...(initialReconnectDelayMs !== undefined && { initialReconnectDelayMs }) },
        { type: 'polling', ...(intervalMs !== undefined && { intervalMs }) },
      ],
      ...(failover && { failover }),
    }
  },

  /** Everything by the stream. */
  streaming(options: StreamingPresetOptions = {}): DataSystemConfig {
    return { initializers: [], synchronizers: [{ type: 'streaming', ...options }] }
  },

  /** Everything by polls, where long-lived connections are not welcome. */
  pollingOnly(options: PollingPresetOptions = {}): DataSystemConfig {
    return { initializers: [], synchronizers: [{ type: 'polling', ...options }] }
  },

  /** A plan of your own. */
  custom(config: DataSystemConfig): DataSystemConfig {
    return config
  },

  /** No source at all: every read gets nothing, at once. */
  offline(): DataSystemConfig {
    return { initializers: [], synchronizers: [] }
  },
} as const
