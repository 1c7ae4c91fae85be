import type { Clock } from '../async/clock.ts'
import type { ItemKind } from './change-set.ts'
import type { Logger } from './logger.ts'

/** One row of a database. The key is that of the row, even if the text contains another one. */
export interface Row {
  /** The kind of the object in the row. */
  readonly kind: ItemKind
  /** The key of the row. */
  readonly key: string
  /** A flag, segment or tombstone as JSON. A row that was read may contain any text. */
  readonly text: string
  /** The version that the database keeps beside the text, if its layout has a place for it. */
  readonly version?: number
}

export interface VersionedRow extends Row {
  readonly version: number
}

/** All data of a database under its prefix. */
export interface StoredData {
  /** True if the marker exists: a writer has completed a full write. */
  readonly initialized: boolean
  readonly rows: readonly Row[]
  /** The text of Halyard's own record beside the rows, if there is one. */
  readonly sidecar?: string
}

/** The state of a database that can be read without its rows: sufficient to detect changes. */
export interface StoreSummary {
  readonly initialized: boolean
  /** The text of Halyard's own record beside the rows, if there is one. */
  readonly sidecar?: string
  /** The number of rows of each kind, tombstones included. Absent if counting them now would cost too much. */
  readonly counts?: RowCounts
}

export type RowCounts = Readonly<Record<ItemKind, number>>

interface Write {
  readonly rows: readonly VersionedRow[]
  /** The text of the sidecar. Becomes visible together with the rows or after all of them. */
  readonly sidecar: string
  /** The notification for readers that listen: a {@link StoreChange} as JSON. */
  readonly notice: string
  /** The fencing token of the write lease, if there is one. The database refuses a write with a token smaller than the last. */
  readonly fencingToken?: number
}

/**
 * A write to a database.
 * - `full` replaces all rows and sets the marker. The marker is written last if the write is not atomic.
 * - `delta` writes each row whose version is greater than the stored one.
 * - `merge` does the same and sets the marker.
 */
export type StoreWrite = { readonly type: 'full' | 'delta' | 'merge' } & Write

export interface WriteReport {
  /** Rows that the database cannot hold, usually because they are too large. Their earlier values are still stored. */
  readonly refused: readonly RefusedRow[]
  /** Number of rows that were not written because the database has the same or a later version. */
  readonly older: number
  /** The text of the sidecar that the write replaced. Only for deltas and merges. */
  readonly replaced?: string
}

/** Consistency of a read. A strongly consistent one has all confirmed writes; an eventual one may be slightly outdated. */
export type ReadConsistency = 'strong' | 'eventual'

/** The name of one row of a database. */
export interface RowName {
  /** The kind of the object in the row. */
  readonly kind: ItemKind
  /** The key of the row. */
  readonly key: string
}

export interface RefusedRow extends RowName {
  readonly reason: string
}

/**
 * A database with flag data under a prefix, in the layout that LaunchDarkly's SDKs share. It connects at the first call. Each
 * call rejects with a {@link StoreError} if it fails or its signal aborts, and settles soon after an abort. The texts of rows
 * are not interpreted.
 */
export interface PersistentStore {
  /** The address of the database for logs, without credentials. */
  readonly name: string
  /** Longest time for which a write is delayed on purpose before it begins, in milliseconds. */
  readonly writeDelayMs: number
  initialized(signal: AbortSignal): Promise<boolean>
  get(kind: ItemKind, key: string, signal: AbortSignal): Promise<Row | undefined>
  /**
   * Returns a summary at the cost of a few small requests on average, independent of the number of rows. Marker and sidecar
   * are strongly consistent.
   */
  summary(signal: AbortSignal): Promise<StoreSummary>
  /** Reads everything, by default with the consistency that the store is configured for. */
  readAll(signal: AbortSignal, consistency?: ReadConsistency): Promise<StoredData>
  write(write: StoreWrite, signal: AbortSignal): Promise<WriteReport>
  /** Closes the connections that this store opened. A client that the application passed in stays open. */
  close(): Promise<void>
}

/**
 * A notification about changes of a database.
 * - `changed`: exactly these keys have changed since the previous notification.
 * - `replaced`: any key may have changed. Also sent once when listening begins.
 * - `interrupted`: changes may be missed until the next `replaced`.
 */
export type StoreChange =
  | { readonly type: 'changed'; readonly flags: readonly string[]; readonly segments: readonly string[] }
  | { readonly type: 'replaced' }
  | { readonly type: 'interrupted'; readonly reason: string }

/** Yields changes of a database as they are written. Never throws, retries by itself, and ends when the signal aborts. */
export interface ChangeFeed {
  changes(signal: AbortSignal): AsyncIterable<StoreChange>
}

/**
 * A bounded list of texts that several processes share. The texts are not interpreted. It connects at the first call. Each
 * call rejects with a {@link StoreError} if it fails or its signal aborts, and settles soon after an abort.
 */
export interface Journal {
  /**
   * Appends entries as one block, so that no entry of another process comes between them. If a limit is exceeded, the oldest
   * entries are removed; an entry that exceeds the limit alone empties the journal. An append without entries renews the
   * expiry. An append that rejects may have been applied.
   */
  append(entries: readonly string[], signal: AbortSignal): Promise<void>
  /** Returns all entries, the oldest first, including those of other software. */
  read(signal: AbortSignal): Promise<readonly string[]>
  close(): Promise<void>
}

export interface JournalLimits {
  /** Maximum number of entries. Default 1,000. */
  readonly maxEntries?: number
  /** Maximum total size, in bytes of UTF-8. Default 8 MiB. */
  readonly maxBytes?: number
  /** Time after the last append until all entries expire, in milliseconds. Default 24 h. */
  readonly expireAfterMs?: number
}

export const DEFAULT_JOURNAL_LIMITS: Required<JournalLimits> = {
  maxEntries: 1_000,
  maxBytes: 8 * 1024 * 1024,
  expireAfterMs: 24 * 3_600_000,
}

/** A lease: the exclusive right to write, which expires unless it is renewed. */
export interface Lease {
  /**
   * Acquires or renews the lease for `ttlMs` milliseconds from now. Resolves with its fencing token, which grows with each
   * new holder, or with `undefined` while another holder has it.
   */
  acquire(holder: string, ttlMs: number, signal: AbortSignal): Promise<number | undefined>
  /** Releases the lease if `holder` has it. */
  release(holder: string, signal: AbortSignal): Promise<void>
}

/** One text in a database, outside of the rows of environments. Its methods reject with a {@link StoreError}. */
export interface StoredText {
  /** The place, without credentials, for messages. */
  readonly name: string
  /** Returns the text, or `undefined` if there is none. */
  read(signal: AbortSignal): Promise<string | undefined>
  write(text: string, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

export interface StoreContext {
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
}

/** An open database. The three parts share one connection or client. */
export interface OpenedStore {
  readonly store: PersistentStore
  readonly feed: ChangeFeed
  readonly lease: Lease
}

/** Options that all stores have. */
export interface StoreUse {
  /**
   * Time for which lazily read data is cached, in milliseconds. 0 disables the cache; `Infinity` caches without limit.
   * Default 30,000. Jitter shortens it by up to a tenth.
   */
  readonly cacheTtlMs?: number
  /**
   * Additional time for which cached data is served while the database does not answer, in milliseconds. Default 0: fallback
   * values are returned after `cacheTtlMs`. `Infinity` is allowed.
   */
  readonly staleOnErrorMs?: number
  /**
   * The reading method of daemon mode. `lazy` reads a flag when it is evaluated; `snapshot` reads all flags at once and
   * again after each change, so that evaluation never waits and sees all flags at one moment. Default `lazy`.
   */
  readonly reads?: 'lazy' | 'snapshot'
  /**
   * Longest time for which the start waits to read the selector from the database, in milliseconds. Without the selector the
   * service sends a full payload. Default 1,000. No effect in daemon mode.
   */
  readonly resumeTimeoutMs?: number
  /**
   * `all`: every client or relay with this prefix writes, which is safe but repeats the same writes. `one`: only the holder of
   * a lease writes. Default `all`.
   */
  readonly writers?: 'all' | 'one'
}

/** The description of a store: its options as plain data, and a method to open it. */
export interface StoreDescription extends StoreUse {
  /** The type of database, for example `redis`. */
  readonly type: string
  /** The prefix of all rows, which separates environments; for a file, its absolute path. */
  readonly prefix: string
  /**
   * Opens the store without connecting. If an optional package is not installed, the first call fails.
   *
   * @internal
   */
  open(context: StoreContext): OpenedStore
}
