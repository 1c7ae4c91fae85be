import type { StoreStatus } from '../model/store-status.ts'
import type { LazyReads } from '../store/lazy/lazy-reads.ts'
import type { Supply } from '../store/lazy/look-for-data.ts'

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
  /**
   * What goes on beside the sources until the signal aborts. Never rejects. A database that is all there is reports what it
   * can be read for.
   */
  readonly run: (signal: AbortSignal, report: (supply: Supply) => void) => Promise<void>
  readonly close: () => Promise<void>
}
