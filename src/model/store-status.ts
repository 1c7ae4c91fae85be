import type { StoreError } from './errors.ts'
import type { RowName } from './persistent-store.ts'

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
