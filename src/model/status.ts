import type { StoreError } from './errors.ts'
import type { RowName } from './persistent-store.ts'
import type { SourceError } from './source-result.ts'

/**
 * `initializing`: no valid answer yet. `valid`: the active source's last word was data. `interrupted`: it had
 * data and is trying to get more. `off`: closed, or no source is left.
 */
export type DataSourceState = 'initializing' | 'valid' | 'interrupted' | 'off'

/** Which protocol a data system speaks when nothing forces another on it, and who decided so (D1). */
export interface DataSystemMode {
  readonly protocol: 'fdv2' | 'fdv1'
  readonly why: string
}

/** How the flow of data stands. What reads return is another axis: {@link DataAvailability}. */
export interface DataSourceStatus {
  readonly state: DataSourceState
  readonly mode: DataSystemMode
  /** When this state began, milliseconds since the Unix epoch. */
  readonly since: number
  /** The source the state is about: the one that gave the data, or the one that is trying to. */
  readonly source?: string
  /** The most recent failure, kept after recovery. */
  readonly lastError?: SourceError & { readonly at: number; readonly source: string }
  /** When the active source tries again, milliseconds since the Unix epoch. */
  readonly nextAttempt?: number
  /** Milliseconds since the last data, or since the last byte of a connection that brought some. Absent before any data. */
  readonly ageMs?: number
  /** How many objects were left out of payloads because they were `null` (D13). Absent while there were none. */
  readonly skipped?: number
}

/** What reads return: nothing but fallback values, data of unknown age, or data a source vouched for. */
export type DataAvailability = 'defaults' | 'cached' | 'refreshed'

/** How a database does, as far as this process knows. */
export interface StoreStatus {
  /** Where it is; never a credential. */
  readonly name: string
  /** `unknown`: nothing was asked of it yet. */
  readonly state: 'unknown' | 'available' | 'unavailable'
  /** When this state began, milliseconds since the Unix epoch. */
  readonly since: number
  /** Whether it misses changes that are in memory, or readers are served what they should have read again. */
  readonly stale: boolean
  /** Its data was found gone, and is written again. */
  readonly lost: boolean
  /** Of many that share a prefix: whether this process writes. `reader`: it never does. */
  readonly role: 'writer' | 'follower' | 'reader'
  /**
   * `client.sync` was used, and returned fallback values, because reads are lazy. Absent otherwise. Remedy:
   * `reads: 'snapshot'`, or the methods that return promises.
   */
  readonly unansweredSync?: true
  /** How long the last answer took, milliseconds. */
  readonly latencyMs?: number
  /** The most recent failure, kept after recovery. */
  readonly lastError?: { readonly kind: StoreError['kind']; readonly message: string; readonly at: number }
  /** Rows the database did not take; it holds what it held of them before. */
  readonly refused: readonly RowName[]
  /** Rows that cannot be read, left out of every answer. */
  readonly quarantined: readonly RowName[]
  /** Reads that found what they looked for in memory, and those that had to ask. Absent where reads are not cached. */
  readonly cache?: { readonly hits: number; readonly misses: number }
}
