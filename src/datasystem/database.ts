import type { StoreStatus } from '../model/status.ts'
import type { LazyReads } from '../store/lazy/lazy-reads.ts'
import type { Supply } from '../store/lazy/look-for-data.ts'
import type { SourceHealth } from '../store/mirror/repair-policy.ts'

/** The data system around a database. */
export interface Surroundings extends SourceHealth {
  /** Receives what a database that is all there is can be read for. */
  readonly report: (supply: Supply) => void
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
