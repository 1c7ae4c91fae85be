import type { ChangeSet } from './change-set.ts'

/**
 * Everything a source may say, in the order it happened. Any word may carry the server's order to use FDv1; it is
 * stamped where the answer is read and obeyed in one place (D8).
 */
export type SourceResult = SourceEvent & { readonly directive?: Directive }

export type SourceEvent =
  | ChangeSetResult
  /** Bytes came that end nothing yet: part of a payload, or a sign of life on an open stream. */
  | { readonly type: 'activity'; readonly of: 'payload' | 'heartbeat' }
  /** A put without an object was left out of the payload being received (D13). */
  | { readonly type: 'skipped'; readonly key: string; readonly reason: string }
  /** The server gave up on the payload it was sending; the connection goes on (D13). */
  | { readonly type: 'aborted'; readonly error: SourceError }
  /** No data now; the source tries again by itself, after `retryInMs` where it knows. */
  | { readonly type: 'interrupted'; readonly error: SourceError; readonly retryInMs?: number }
  /** The server asked for a new connection; the source opens one by itself. */
  | { readonly type: 'goodbye'; readonly reason: string; readonly retryInMs?: number }
  /** Trying again would not help: the source ends. */
  | { readonly type: 'terminalError'; readonly error: SourceError }

/** A valid answer: a payload, or the confirmation that there is nothing new. */
export interface ChangeSetResult {
  readonly type: 'changeSet'
  readonly changeSet: ChangeSet
  /** What the service calls the environment, where it says so. */
  readonly environmentId?: string
  /** When a writer saved the data, milliseconds since the Unix epoch. Absent for data that is current. */
  readonly savedAt?: number
  readonly directive?: Directive
}

/** The server's order to use FDv1 for a while (D8). */
export interface Directive {
  /** How long, as the server put it; what it means is for the data system to say. */
  readonly ttlSeconds?: number
}

/** Why a source has no data. A value, not an exception: failure of a source is expected. */
export interface SourceError {
  readonly kind: SourceErrorKind
  readonly message: string
  /** The part of `message` in parentheses that concerns all sources alike. The log shows it once in an outage. */
  readonly hint?: string
  /** HTTP status, for `error_response`. */
  readonly status?: number
  /** The server's `Retry-After`, in milliseconds. */
  readonly retryAfterMs?: number
  /** The wire event at fault, for `invalid_data`. */
  readonly event?: string
  /** The flag or segment at fault, for `invalid_data`. */
  readonly key?: string
}

/**
 * `network_error`: no usable answer arrived. `error_response`: the server answered with an error status.
 * `invalid_data`: it answered something that cannot be trusted. `unknown`: a custom source threw.
 */
export type SourceErrorKind = 'network_error' | 'error_response' | 'invalid_data' | 'store_error' | 'unknown'
