import type { StoreUse } from '../../model/persistent-store.ts'

/** How a snapshot on disk is kept, and how it is used. */
export interface FileStoreOptions extends StoreUse {
  /**
   * How long ago a file may have been saved to be believed when it is met, milliseconds. Default `Infinity`. Counts from
   * the last change that was saved, so where flags change rarely, be generous.
   */
  readonly maxAgeMs?: number
  /**
   * How much time lies between the end of one save and the next, milliseconds: each writes everything. What changes
   * meanwhile is gathered. The first goes at once, and so does the last. Default 1,000; 20,000 at most.
   */
  readonly saveEveryMs?: number
  /** How often readers look for changes, milliseconds. Default 1,000; 100 at least. */
  readonly feedIntervalMs?: number
}

/** Options with nothing left to ask. */
export interface Settings {
  /** Absolute. */
  readonly path: string
  readonly use: StoreUse
  readonly maxAgeMs: number
  readonly saveEveryMs: number
  readonly feedIntervalMs: number
  /** What to tell the user of, once there is a logger. */
  readonly warnings: readonly string[]
}
