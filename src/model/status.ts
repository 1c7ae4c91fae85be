import type { StoreError } from './errors.ts'
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

/** The configured protocol of a data system, and the option or variable that decided it (D1). */
export interface DataSystemMode {
  readonly protocol: 'fdv2' | 'fdv1'
  readonly why: string
}

/** The status of the data sources. The age of the data that evaluations use is separate: {@link DataAvailability}. */
export interface DataSourceStatus {
  readonly state: DataSourceState
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
  /** Number of objects left out of payloads because they were `null` or nested too deep (D13, S155). Absent if there were none. */
  readonly skipped?: number
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
  readonly lastError?: { readonly kind: StoreError['kind']; readonly message: string; readonly at: number }
  /** Rows that the database refused. Their earlier values are still stored. */
  readonly refused: readonly RowName[]
  /** Rows that cannot be read and are left out of the data. */
  readonly quarantined: readonly RowName[]
  /** Numbers of cache hits and misses. Absent if reads are not cached. */
  readonly cache?: { readonly hits: number; readonly misses: number }
}
