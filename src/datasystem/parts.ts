import type { Clock } from '../async/clock.ts'
import type { Initializer } from '../initializers/initializer.ts'
import type { ChangeSet, Sink } from '../model/change-set.ts'
import type { Logger } from '../model/logger.ts'
import type { DataAvailability, StoreStatus } from '../model/status.ts'
import type { LazyReads } from '../store/lazy/lazy-reads.ts'
import type { ReadProbe } from '../store/lazy/wait-for-data.ts'
import type { MemoryStore } from '../store/memory-store.ts'
import type { SourceHealth } from '../store/mirror/repair-policy.ts'
import type { Synchronizer } from '../synchronizers/synchronizer.ts'
import type { ChangeNotifier } from './change-notifier.ts'
import type { OutageLog } from './outage-log.ts'
import type { Readiness } from './readiness.ts'
import type { StatusPublisher } from './status-publisher.ts'

/** What the story of a data system is told with. */
export interface Parts {
  readonly plan: Plan
  readonly store: MemoryStore
  readonly changes: ChangeNotifier
  readonly sinks: readonly Sink[]
  readonly status: StatusPublisher
  readonly readiness: Readiness
  /** What reads return at the moment, from memory or from a database. */
  readonly served: () => DataAvailability
  readonly complaints: OutageLog
  /** Told which environment the data is of, as often as a source says so. */
  readonly identify: (environmentId: string) => void
  /**
   * Gets ready what evaluation of a change set needs, before it takes effect. Returns undefined if there is nothing to
   * wait for; never rejects.
   */
  readonly prepare: (changeSet: ChangeSet) => Promise<void> | undefined
  readonly timings: Timings
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
}

/** The data system around a database. */
export interface Surroundings extends SourceHealth {
  /** Receives what a database that is all there is can be read for. */
  readonly report: (supply: ReadProbe) => void
}

/** A database beside memory, as far as a data system deals with it itself. */
export interface Database {
  readonly status: {
    readonly current: StoreStatus
    /** The status now, then each change, in order, until closed. */
    changes(): AsyncGenerator<StoreStatus, void, undefined>
  }
  /** Whether it is all there is: no source of a service stands beside it (D18). */
  readonly isAlone: boolean
  /** How reads are answered until memory is filled (D18, D22). */
  readonly reads: LazyReads
  /** Somebody wants to be told of changes, so that everything must be known. Safe to call again. */
  readonly listened: () => void
  /** What goes on beside the sources until the signal aborts. Never rejects. */
  readonly run: (signal: AbortSignal, surroundings: Surroundings) => Promise<void>
  readonly close: () => Promise<void>
}

/** Which sources bring data, in order of preference. */
export interface Plan {
  /** Tried once each, in order, until one brings data that can be resumed from. */
  readonly initializers: readonly Initializer[]
  /** One is active at a time; the first is preferred, the others stand in for it. */
  readonly synchronizers: readonly Synchronizer[]
  /** What takes over while the server orders FDv1 (D8). */
  readonly fdv1: readonly Synchronizer[]
}

/** Every duration of a data system, milliseconds. The defaults are the rules of docs/spec/sources.md. */
export interface Timings {
  /** Longest wait without progress before the first data of a turn, where there is an alternative (D4). */
  readonly noProgressMs: number
  /** Longest wait for the first data of a turn, progress or not, where there is an alternative (D4). */
  readonly firstDataMs: number
  /** Longest time from the first interruption to new data, where there is an alternative (D4). */
  readonly interruptedMs: number
  /** How long a stand-in must serve before the preferred source is tried again (D5). */
  readonly recoveryMs: number
  /** Default and minimum of the poll interval (D2, D10). */
  readonly pollIntervalMs: number
  /** Longest silence of a poll before it is given up. */
  readonly pollSilenceMs: number
  /** Longest wait of a stream for the headers of an answer, connecting included, before it is given up (S151). */
  readonly streamHeadersMs: number
  /** Longest silence of a stream, comments included, before it is given up (D23). */
  readonly streamSilenceMs: number
  /** Longest silence of a stream before a poll asks whether it missed anything (D23). */
  readonly streamQuietMs: number
  /** How long an event of a stream may take from its first byte to its last (D23). */
  readonly eventMs: number
  /** Default of the first reconnect delay (D10). */
  readonly initialReconnectDelayMs: number
  /** Shortest time from one reading of a whole database to the next that nobody asked for. */
  readonly storeIntervalMs: number
}

export const DEFAULT_TIMINGS: Timings = {
  noProgressMs: 10_000,
  firstDataMs: 120_000,
  interruptedMs: 60_000,
  recoveryMs: 300_000,
  pollIntervalMs: 30_000,
  pollSilenceMs: 10_000,
  streamHeadersMs: 15_000,
  streamSilenceMs: 300_000,
  streamQuietMs: 200_000,
  eventMs: 60_000,
  initialReconnectDelayMs: 1_000,
  storeIntervalMs: 5_000,
}
