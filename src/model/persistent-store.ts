import type { Clock } from '../async/clock.ts'
import type { ItemKind } from './change-set.ts'
import type { Logger } from './logger.ts'

/** An object as a database holds it. The key is that of the row, whatever the text says. */
export interface Row {
  readonly kind: ItemKind
  readonly key: string
  /** The object or a tombstone, as JSON; whatever stands there, when it was read. */
  readonly text: string
  /** What the database keeps beside the text, where it has a place for it. */
  readonly version?: number
}

/** A row to be written. */
export interface VersionedRow extends Row {
  readonly version: number
}

/** Everything a database holds under its prefix. */
export interface StoredData {
  /** Whether the marker is there: some writer has finished a full write. */
  readonly initialized: boolean
  readonly rows: readonly Row[]
  /** The text of Halyard's own record beside the rows, if there is one. */
  readonly sidecar?: string
}

/** What a database says without its rows being read: enough to notice that something changed. */
export interface StoreSummary {
  readonly initialized: boolean
  /** The text of Halyard's own record beside the rows, if there is one. */
  readonly sidecar?: string
  /** The number of rows of each kind, tombstones included. Absent if counting would mean reading all of them. */
  readonly counts?: RowCounts
}

export type RowCounts = Readonly<Record<ItemKind, number>>

interface Write {
  readonly rows: readonly VersionedRow[]
  /** Becomes visible together with the rows, or after all of them; never before. */
  readonly sidecar: string
  /** Which keys to tell readers of that listen; as a {@link StoreChange} in JSON. */
  readonly notice: string
  /** The right to write, where a lease gave one: a write with a smaller fence than the last is refused. */
  readonly fencingToken?: number
}

/**
 * `full` replaces everything and sets the marker, which comes last where the database cannot do it all at once.
 * `delta` writes each row whose version is greater than the stored one, and leaves all others alone.
 * `merge` does what `delta` does, and sets the marker.
 */
export type StoreWrite = { readonly type: 'full' | 'delta' | 'merge' } & Write

export interface WriteReport {
  /** Rows the database cannot hold, too big as a rule. What it held of them before is still there. */
  readonly refused: readonly RefusedRow[]
  /** Rows the database holds in the same or a later version. No failure. */
  readonly older: number
  /** The text of the sidecar in whose place the write put its own, of deltas and merges only. */
  readonly replaced?: string
}

export interface RowName {
  readonly kind: ItemKind
  readonly key: string
}

export interface RefusedRow extends RowName {
  readonly reason: string
}

/**
 * A database that holds flag data under a prefix, in the layout LaunchDarkly's SDKs share. Nothing connects before the
 * first call; each call rejects with a {@link StoreError} when it failed or its signal aborted, and never hangs past
 * that. Texts are handed through unread.
 */
export interface PersistentStore {
  /** Where it is, for people to read: never a credential. */
  readonly name: string
  /** How long a write may be held back on purpose before it begins, in milliseconds. */
  readonly writeDelayMs: number
  initialized(signal: AbortSignal): Promise<boolean>
  get(kind: ItemKind, key: string, signal: AbortSignal): Promise<Row | undefined>
  /** Returns what can be known at the cost of a few small requests, however many rows there are. */
  summary(signal: AbortSignal): Promise<StoreSummary>
  readAll(signal: AbortSignal): Promise<StoredData>
  write(write: StoreWrite, signal: AbortSignal): Promise<WriteReport>
  /** Ends what this store opened; a client that was handed in stays open. */
  close(): Promise<void>
}

/**
 * What a database tells its readers. `changed`: these keys, and no others, since the word before. `replaced`: anything
 * may differ, also said once when listening begins. `interrupted`: changes may be missed until the next `replaced`.
 */
export type StoreChange =
  | { readonly type: 'changed'; readonly flags: readonly string[]; readonly segments: readonly string[] }
  | { readonly type: 'replaced' }
  | { readonly type: 'interrupted'; readonly reason: string }

/** Tells of changes as they are written. Never throws; tries again by itself; ends when the signal aborts. */
export interface ChangeFeed {
  changes(signal: AbortSignal): AsyncIterable<StoreChange>
}

/**
 * A bounded list of texts that several processes share. What the texts say is a matter of those who write them: they are
 * handed through unread. Nothing connects before the first call; each call rejects with a {@link StoreError} when it
 * failed or its signal aborted, and never hangs past that.
 */
export interface Journal {
  /**
   * Adds entries at the end, together: no other process's come between them. The oldest go when there are too many, and
   * with one that is too big in itself everything goes. An append of nothing only puts the expiry off. One that rejects
   * may have been done all the same.
   */
  append(entries: readonly string[], signal: AbortSignal): Promise<void>
  /** Everything that is there, the oldest first, also what other software put there. */
  read(signal: AbortSignal): Promise<readonly string[]>
  /** Ends what this journal opened; a client that was handed in stays open. */
  close(): Promise<void>
}

export interface JournalLimits {
  /** How many entries are kept. Default 1,000. */
  readonly maxEntries?: number
  /** How much they hold in all, in bytes of UTF-8. Default 8 MiB. */
  readonly maxBytes?: number
  /** How long after the last append everything is forgotten, milliseconds. Default 24 h. */
  readonly expireAfterMs?: number
}

export const DEFAULT_JOURNAL_LIMITS: Required<JournalLimits> = {
  maxEntries: 1_000,
  maxBytes: 8 * 1024 * 1024,
  expireAfterMs: 24 * 3_600_000,
}

/** The right to write, held by one of many and lost when it is not renewed. */
export interface Lease {
  /**
   * Takes the lease, or keeps it, for `ttlMs` from now. Resolves with its fence, which grows with each new holder;
   * with `undefined` while somebody else has it.
   */
  acquire(holder: string, ttlMs: number, signal: AbortSignal): Promise<number | undefined>
  /** Gives it back, if it is this holder's. */
  release(holder: string, signal: AbortSignal): Promise<void>
}

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
