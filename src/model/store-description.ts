import type { Clock } from '../async/clock.ts'
import type { ChangeFeed } from './change-feed.ts'
import type { Lease } from './lease.ts'
import type { Logger } from './logger.ts'
import type { PersistentStore } from './persistent-store.ts'

/** What a store is opened with. */
export interface StoreContext {
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
}

/** A database that was opened: one connection or client behind all three. */
export interface OpenedStore {
  readonly store: PersistentStore
  readonly feed: ChangeFeed
  readonly lease: Lease
}

/** How a database is used, whichever it is. */
export interface StoreUse {
  /**
   * How long what was read lazily is believed, milliseconds. 0: not at all. `Infinity`: for good. Default 30,000.
   * Jitter shortens it by up to a tenth.
   */
  readonly cacheTtlMs?: number
  /**
   * How much longer it is served while the database does not answer. Default 0: fallback values after the TTL.
   * `Infinity` allowed.
   */
  readonly staleOnErrorMs?: number
  /**
   * Without a service: `lazy` reads what is asked for, when it is asked for; `snapshot` reads everything at once and
   * again on each change, so that all flags are of one moment and evaluation never waits. Default `lazy`.
   */
  readonly reads?: 'lazy' | 'snapshot'
  /**
   * Beside a service: how long the start waits for the database to say where the last writer stopped, milliseconds. A
   * start that does not learn it in time costs a full payload. Default 1,000.
   */
  readonly resumeTimeoutMs?: number
  /**
   * Whether all that share a prefix write to it, which is harmless and wasteful, or one that holds a lease. Default
   * `all`.
   */
  readonly writers?: 'all' | 'one'
}

/** A database, described. Plain data and a way to open it: print it, compare it, hand it on. */
export interface StoreDescription extends StoreUse {
  readonly type: string
  readonly prefix: string
  /** Opens the database; connects to nothing. A package that is not installed makes the first call fail. */
  open(context: StoreContext): OpenedStore
}
