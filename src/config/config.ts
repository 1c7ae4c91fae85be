import type { Clock } from '../async/clock.ts'
import type { Timings } from '../datasystem/parts.ts'
import type { Logger } from '../model/logger.ts'
import type { StoreDescription } from '../model/persistent-store.ts'
import type { Transport } from '../transport/transport.ts'
import type { Network } from '../transport/undici-transport.ts'
import type { LegacyOptions } from './data-system-options.ts'
import type { EventOptions, OfficialEventOptions } from './event-options.ts'
import type { OfficialOptions } from './official-options.ts'
import type { IdentityOptions } from './request-headers.ts'
import type { InitializerConfig, SynchronizerConfig } from './source-types.ts'

/** A plan of sources, as presets return it. It is plain data, so you can print, change and compare it. */
export interface DataSystemConfig {
  /** Sources that run once each, in order, until one returns a full payload with a selector. */
  readonly initializers: readonly InitializerConfig[]
  /** Sources that keep the data current. One is active at a time: the first while it works, otherwise the next in the list. */
  readonly synchronizers: readonly SynchronizerConfig[]
  /** The time limits for leaving a source and for returning to the preferred one. Default: the default limits. */
  readonly failover?: FailoverConfig
  /** A polling source of FDv1, used only while the server orders FDv1. `null`: none. Default `{}`: one with default values. */
  readonly fdv1Fallback?: Fdv1FallbackConfig | null
  /**
   * A database beside memory. Evaluations read it until a source has data, and each change is written to it after memory. If
   * the plan has no sources, the database is the only source of data: nothing connects to the service, and nothing is written.
   */
  readonly store?: StoreDescription
  /** `read`: the database is never written. Default `read-write`. */
  readonly storeMode?: 'read' | 'read-write'
}

/** The polling source that is active while the server orders FDv1. */
export interface Fdv1FallbackConfig {
  /** An absolute URL. Default: the polling endpoint. */
  readonly baseUri?: string
  /** Time from the start of one poll to the start of the next, in milliseconds. Default and minimum 30,000. */
  readonly intervalMs?: number
}

/**
 * The time limits for leaving a source and for returning to the preferred one, in milliseconds. The minimum of each is
 * 1,000.
 */
export interface FailoverConfig {
  /** Longest time without progress until the first data of a source. Default 10,000. */
  readonly noProgressMs?: number
  /** Longest time until the first data of a source, with progress or without. Default 120,000. */
  readonly firstDataMs?: number
  /** Longest time from the first interruption to new data. Default 60,000. */
  readonly interruptedMs?: number
  /** Time that another source is active before the preferred one is tried again. Default 300,000. */
  readonly recoveryMs?: number
}

/** The options of a data system beside its plan of sources. */
export interface ConnectionOptions
  extends LegacyOptions,
    Network,
    IdentityOptions,
    OfficialEventOptions,
    OfficialOptions {
  /**
   * Selects the protocol: true for FDv2, false for FDv1 with the same plan. Default: the environment variable
   * `HALYARD_DATA_SAVING_MODE` (`on` or `off`) if it is set, otherwise true if there is a `dataSystem`.
   */
  readonly dataSavingMode?: boolean
  /** The base URLs of the service. */
  readonly endpoints?: {
    /** Base URL of polls. Default `https://sdk.launchdarkly.com`. */
    readonly polling?: string
    /** Base URL of streams. Default `https://stream.launchdarkly.com`. */
    readonly streaming?: string
    /**
     * Base URL of analytics events. Default `https://events.launchdarkly.com` if polls and streams use the hosted service or the
     * client is in daemon mode; otherwise none, and no events are sent.
     */
    readonly events?: string
  }
  /** Options of analytics events. `false`: none are sent. Only a client sends events. */
  readonly events?: EventOptions | false
  /** Limits of the size of responses. A larger one is an error of its source. */
  readonly limits?: {
    /** Longest body of a poll after decompression, in bytes. Default 512 MiB. */
    readonly maxBodyBytes?: number
    /** Longest event of a stream, in characters. Default 256 Mi. */
    readonly maxEventBytes?: number
  }
  /** The log. Default: warnings and errors to the console. */
  readonly logger?: Logger
  /** The HTTP client, also for analytics events. It replaces `tls`, `proxy` and `dispatcher`, and closing the data system does not close it. Default: a private agent of undici. */
  readonly transport?: Transport
  /** The clock of all timers and timestamps. Default: the system clock. */
  readonly clock?: Clock
  /** A source of random numbers, uniform in [0, 1), for jitter. Default `Math.random`. */
  readonly random?: () => number
  /** Durations that replace defaults and minimums alike, in milliseconds; for tests and demonstrations (`halyard/testing`). */
  readonly timings?: Partial<Timings>
}

/** A plan with all defaults filled in. */
export interface NormalConfig extends DataSystemConfig {
  readonly fdv1Fallback: Fdv1FallbackConfig | null
}
