import type { Kind } from './kind.ts'

/** An object as a database holds it. The key is that of the row, whatever the text says. */
export interface Row {
  readonly kind: Kind
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

export type RowCounts = Readonly<Record<Kind, number>>

interface Write {
  readonly rows: readonly VersionedRow[]
  /** Becomes visible together with the rows, or after all of them; never before. */
  readonly sidecar: string
  /** Which keys to tell readers of that listen; as a {@link StoreChange} in JSON. */
  readonly notice: string
  /** The right to write, where a lease gave one: a write with a smaller fence than the last is refused. */
  readonly fence?: number
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
  readonly kind: Kind
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
  get(kind: Kind, key: string, signal: AbortSignal): Promise<Row | undefined>
  /** Returns what can be known at the cost of a few small requests, however many rows there are. */
  summary(signal: AbortSignal): Promise<StoreSummary>
  readAll(signal: AbortSignal): Promise<StoredData>
  write(write: StoreWrite, signal: AbortSignal): Promise<WriteReport>
  /** Ends what this store opened; a client that was handed in stays open. */
  close(): Promise<void>
}
