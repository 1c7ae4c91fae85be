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
 * `delta` writes each row whose version is greater than what is there, and leaves all others alone.
 */
export type StoreWrite = ({ readonly type: 'full' } | { readonly type: 'delta' }) & Write

export interface WriteReport {
  /** Rows the database cannot hold, too big as a rule. What it held of them before is still there. */
  readonly refused: readonly RefusedRow[]
  /** Rows the database holds in the same or a later version. No failure. */
  readonly older: number
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
  initialized(signal: AbortSignal): Promise<boolean>
  get(kind: Kind, key: string, signal: AbortSignal): Promise<Row | undefined>
  readAll(signal: AbortSignal): Promise<StoredData>
  write(write: StoreWrite, signal: AbortSignal): Promise<WriteReport>
  /** Ends what this store opened; a client that was handed in stays open. */
  close(): Promise<void>
}
