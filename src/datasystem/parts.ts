import type { Clock } from '../async/clock.ts'
import type { Initializer } from '../initializers/initializer.ts'
import type { ChangeSet, Sink } from '../model/change-set.ts'
import type { Logger } from '../model/logger.ts'
import type { DataAvailability, StoreStatusFeed } from '../model/status.ts'
import type { LazyReads } from '../store/lazy/lazy-reads.ts'
import type { ReadProbe } from '../store/lazy/wait-for-data.ts'
import type { MemoryStore } from '../store/memory-store.ts'
import type { SourceHealth } from '../store/mirror/repair-policy.ts'
import type { Synchronizer } from '../synchronizers/synchronizer.ts'
import type { ChangeNotifier } from './change-notifier.ts'
import type { CurrentPlan } from './current-plan.ts'
import type { OutageLog } from './outage-log.ts'
import type { Readiness } from './readiness.ts'
import type { StatusPublisher } from './status-publisher.ts'

export interface Parts {
  readonly plan: CurrentPlan
  readonly store: MemoryStore
  readonly changes: ChangeNotifier
  readonly sinks: readonly Sink[]
  readonly status: StatusPublisher
  readonly readiness: Readiness
  /** Returns how good the data is that reads return, from memory or from a database. */
  readonly served: () => DataAvailability
  readonly outages: OutageLog
  readonly identify: (environmentId: string) => void
  /**
   * Prepares the evaluation of a change set before it is applied. Returns `undefined` if there is nothing to wait for.
   * Never rejects.
   */
  readonly prepare: (changeSet: ChangeSet) => Promise<void> | undefined
  readonly timings: Timings
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
}

/** The state of the data system that a database depends on. */
interface DatabaseContext extends SourceHealth {
  /** Receives the result of a probe of a database that is the only source. */
  readonly reportProbe: (probe: ReadProbe) => void
}

export interface Database {
  readonly status: StoreStatusFeed
  readonly isOnlySource: boolean
  readonly reads: LazyReads
  /** Requests all rows, because the changes for a listener can be computed only from complete data. Safe to call again. */
  readonly loadAllRows: () => void
  /** Reads from and writes to the database until the signal aborts. Never rejects. */
  readonly run: (signal: AbortSignal, context: DatabaseContext) => Promise<void>
  readonly close: () => Promise<void>
}

/** The sources of a data system, in order of preference. */
export interface Plan {
  /** Run once each, in order, until one brings data with a selector. */
  readonly initializers: readonly Initializer[]
  /** One is active at a time. The first is preferred, the others are fallback sources. */
  readonly synchronizers: readonly Synchronizer[]
  /** The sources while the server orders FDv1 (D8). */
  readonly fdv1: readonly Synchronizer[]
}

/** The time limits and intervals of a data system, in milliseconds. */
export interface Timings {
  /** Longest time without progress before the first data of a turn, if another source is available. Default 10,000. */
  readonly noProgressMs: number
  /** Longest time until the first data of a turn, even with progress, if another source is available. Default 120,000. */
  readonly firstDataMs: number
  /** Longest time from the first interruption to new data, if another source is available. Default 60,000. */
  readonly interruptedMs: number
  /** Time for which a fallback source must be valid before the preferred source is tried again. Default 300,000. */
  readonly recoveryMs: number
  /** Default and minimum of the time between polls. Default 30,000. */
  readonly pollIntervalMs: number
  /** Longest time without a byte in a poll before it fails. Default 10,000. */
  readonly pollSilenceMs: number
  /** Longest time from connecting to the response headers of a stream before it is closed. Default 15,000. */
  readonly streamHeadersMs: number
  /** Longest time without a byte on a stream, comments included, before it is closed. Default 300,000. */
  readonly streamSilenceMs: number
  /** Longest time without a byte on a stream before a poll checks it. Default 200,000. */
  readonly streamQuietMs: number
  /** Longest time from the first to the last byte of an event of a stream. Default 60,000. */
  readonly eventMs: number
  /** Default delay before the first reconnect; it doubles with each failure. Default 1,000. */
  readonly initialReconnectDelayMs: number
  /** Shortest interval between scheduled reads of a whole database. Default 5,000. */
  readonly storeIntervalMs: number
}

/** The default time limits and intervals of a data system, in milliseconds. */
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
