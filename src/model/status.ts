import type { StoreErrorKind } from './errors.ts'
import type { RowName } from './persistent-store.ts'
import type { SourceError } from './source-result.ts'

/**
 * The state of the data sources.
 * - `initializing`: no source has delivered a valid answer yet.
 * - `valid`: the last result of the active source was data.
 * - `interrupted`: the active source delivered data before, has failed since, and retries.
 * - `off`: the data system is closed, or no source is left.
 */
export type DataSourceState = 'initializing' | 'valid' | 'interrupted' | 'off'

/** The configured protocol of a data system, and the option or variable that decided it. */
export interface DataSystemMode {
  /** The protocol: FDv2 has selectors and deltas, FDv1 sends whole objects. */
  readonly protocol: 'fdv2' | 'fdv1'
  /** The option or the environment variable that decided it, as a phrase. */
  readonly why: string
}

/** The status of the data sources. The age of the data that evaluations use is separate: `DataAvailability`. */
export interface DataSourceStatus {
  /** The state of the sources. */
  readonly state: DataSourceState
  /** The configured protocol, and the reason for it. */
  readonly mode: DataSystemMode
  /** Start of this state, in milliseconds since the Unix epoch. */
  readonly since: number
  /** The name of the source that the state is about: the one that delivered the data, or the one that retries. */
  readonly source?: string
  /** The most recent failure. It stays after a recovery. */
  readonly lastError?: SourceError & { readonly at: number; readonly source: string }
  /** Time of the next attempt of the active source, in milliseconds since the Unix epoch. */
  readonly nextAttempt?: number
  /** Milliseconds since the last data, or since the last byte of a connection that delivered data. Absent before any data. */
  readonly ageMs?: number
  /** Number of objects left out of payloads because they were `null` or nested too deep. Absent if there were none. */
  readonly skipped?: number
}

/** A status that changes. */
export interface StatusFeed<T> {
  /** The present status. */
  readonly current: T
  /**
   * Yields the present status, and then each new one in order, until the client or the data system is closed. Leave the loop
   * to stop.
   *
   * @example
   * ```ts
   * for await (const { state, source } of client.status.changes()) console.log(state, source)
   * ```
   */
  changes(): AsyncGenerator<T, void, undefined>
}

/** The data that evaluations use: none (`defaults`), data of unknown age (`cached`), or data that a source has confirmed (`refreshed`). */
export type DataAvailability = 'defaults' | 'cached' | 'refreshed'

/** The status of a store, as known to this process. */
export interface StoreStatus {
  /** The address of the database, without credentials. */
  readonly name: string
  /** `unknown`: no request has been made yet. */
  readonly state: 'unknown' | 'available' | 'unavailable'
  /** Start of this state, in milliseconds since the Unix epoch. */
  readonly since: number
  /** True if the database lacks changes that are in memory, or if readers are served cached data that has expired. */
  readonly stale: boolean
  /** True while data that the database has lost is being written again. */
  readonly lost: boolean
  /** The role of this process among those that share the prefix. `reader`: it never writes. */
  readonly role: 'writer' | 'follower' | 'reader'
  /**
   * True if `client.sync` returned fallback values because reads are lazy. Absent otherwise. Remedy: `reads: 'snapshot'`, or
   * the methods that return promises.
   */
  readonly unansweredSync?: true
  /** Duration of the last request, in milliseconds. */
  readonly latencyMs?: number
  /** The most recent failure. It stays after a recovery. */
  readonly lastError?: { readonly kind: StoreErrorKind; readonly message: string; readonly at: number }
  /** Rows that the database refused. Their earlier values are still stored. */
  readonly refused: readonly RowName[]
  /** Rows that cannot be read and are left out of the data. */
  readonly quarantined: readonly RowName[]
  /** Numbers of cache hits and misses. Absent if reads are not cached. */
  readonly cache?: { readonly hits: number; readonly misses: number }
}

/** The status of a store. */
export interface StoreStatusFeed extends StatusFeed<StoreStatus> {
  /** Returns true if the database has confirmed all data in memory. */
  isWritten(): boolean
}
