import type { Clock } from '../async/clock.ts'
import type { Timings } from '../datasystem/parts.ts'
import type { FlagFiles } from '../flag-file/read.ts'
import type { Initializer } from '../initializers/initializer.ts'
import type { ConfigIssue } from '../model/errors.ts'
import type { Logger } from '../model/logger.ts'
import type { StoreDescription } from '../model/persistent-store.ts'
import type { NamePolicy } from '../options/unknown-names.ts'
import type { Synchronizer } from '../synchronizers/synchronizer.ts'
import type { Transport } from '../transport/transport.ts'
import type { Network } from '../transport/undici-transport.ts'
import type { LegacyOptions } from './data-system-options.ts'
import type { OfficialOptions } from './official-options.ts'
import type { IdentityOptions } from './request-headers.ts'

/** A plan of sources, as presets return it and people write it. Plain data: print it, compare it. */
export interface DataSystemConfig {
  /** Tried once each, in order, until one brings a full payload that can be resumed from. */
  readonly initializers: readonly InitializerConfig[]
  /** One is active at a time. The first is preferred; the others stand in for it, in a circle. */
  readonly synchronizers: readonly SynchronizerConfig[]
  readonly failover?: FailoverConfig
  /** Polls of FDv1, used only while the server orders it. `null`: none. Default `{}`, a reserve with defaults. */
  readonly fdv1Fallback?: Fdv1FallbackConfig | null
  /**
   * A database beside memory: read before a source has spoken, and written after memory was. Without any source it is
   * all there is: nothing connects to a service, and nothing is written.
   */
  readonly store?: StoreDescription
  /** `read`: never written, though sources bring data. Default `read-write`. */
  readonly storeMode?: 'read' | 'read-write'
}

/** The source that serves while the server directs its clients to FDv1. */
export interface Fdv1FallbackConfig {
  /** Default: the polling endpoint. An absolute URL. */
  readonly baseUri?: string
  /** From the start of one poll to the start of the next, milliseconds. Default and minimum 30,000. */
  readonly intervalMs?: number
}

/** Which protocol a source speaks. `fdv1`: whole objects, no selector, nothing to resume from. */
export type SourceProtocol = 'fdv2' | 'fdv1'

/** When to leave a source and when to return, milliseconds. Minimum of each: 1,000. */
export interface FailoverConfig {
  /** Longest wait without progress before the first data of a turn. Default 10,000. */
  readonly noProgressMs?: number
  /** Longest wait for the first data of a turn in all. Default 120,000. */
  readonly firstDataMs?: number
  /** Longest time from the first interruption to new data. Default 60,000. */
  readonly interruptedMs?: number
  /** How long a stand-in serves before the preferred source is tried again. Default 300,000. */
  readonly recoveryMs?: number
}

/** A source to build, or one that is ready made. */
export type InitializerConfig = PollingInitializerConfig | FileInitializerConfig | Initializer
export type SynchronizerConfig = StreamingConfig | PollingConfig | FileConfig | Synchronizer

interface SourceConfig {
  /** Replaces the endpoint for this source alone. An absolute URL. */
  readonly baseUri?: string
  /** Keeps this source's selectors apart from those of other sources, whose servers would not know them. */
  readonly selectorScope?: string
}

export interface PollingInitializerConfig extends SourceConfig {
  readonly type: 'polling'
}

export interface PollingConfig extends SourceConfig {
  readonly type: 'polling'
  /** Default `fdv2`. */
  readonly protocol?: SourceProtocol
  /** From the start of one poll to the start of the next. Default and minimum 30,000. */
  readonly intervalMs?: number
}

export interface StreamingConfig extends SourceConfig {
  readonly type: 'streaming'
  /** Default `fdv2`. */
  readonly protocol?: SourceProtocol
  /** First delay before a reconnect; doubles up to 30,000. Default 1,000, minimum 1. */
  readonly initialReconnectDelayMs?: number
}

/** Flag files, read once. They have no selector: the initializers after them are asked as well. */
export interface FileInitializerConfig extends FlagFiles {
  readonly type: 'file'
}

/** Flag files, read at once and whenever they have changed. */
export interface FileConfig extends FlagFiles {
  readonly type: 'file'
  /** How often to look for changes, which count once two looks agree. Default 1,000, minimum 100. */
  readonly intervalMs?: number
}

/** Everything about a data system that is not its plan of sources. */
export interface ConnectionOptions extends LegacyOptions, Network, IdentityOptions, OfficialOptions {
  /**
   * Whether to speak FDv2. Off: the same plan in the shape of FDv1. Default: what the environment variable
   * `HALYARD_DATA_SAVING_MODE` (`on` or `off`) says, otherwise whether there is a `dataSystem`.
   */
  readonly dataSavingMode?: boolean
  readonly endpoints?: {
    /** Default `https://sdk.launchdarkly.com`. */
    readonly polling?: string
    /** Default `https://stream.launchdarkly.com`. */
    readonly streaming?: string
  }
  /** How much a server may send before it is no longer believed. */
  readonly limits?: {
    /** Longest body of a poll, inflated, bytes. Default 512 MiB. */
    readonly maxBodyBytes?: number
    /** Longest event of a stream, counted in characters. Default 256 Mi. */
    readonly maxEventBytes?: number
  }
  /** Default: warnings and errors to the console. */
  readonly logger?: Logger
  /** Default: a private agent of undici. Stays open on close when it was handed in; takes the place of `tls`, `proxy` and `dispatcher`. */
  readonly transport?: Transport
  /** Default: the system's. */
  readonly clock?: Clock
  /** Uniform in [0, 1), for jitter. Default `Math.random`. */
  readonly random?: () => number
  /** Replaces durations, defaults and minimums alike; for tests and demonstrations (`halyard/testing`). */
  readonly timings?: Partial<Timings>
}

/** A plan with nothing left to ask. */
export interface NormalConfig extends DataSystemConfig {
  readonly fdv1Fallback: Fdv1FallbackConfig | null
}

/** What applies while a data system is read. */
export interface ReadingLimits {
  /** The shortest poll interval, milliseconds; a shorter one is raised to it with a warning. */
  readonly minPollMs: number
  readonly names: NamePolicy
}

/** What became of what a caller handed in: a plan and what to warn of, or everything that is wrong with it. */
export type Reading =
  | { readonly config: NormalConfig; readonly warnings: readonly string[] }
  | { readonly issues: readonly ConfigIssue[] }
