import type { ChangeSet } from './change-set.ts'

/**
 * A result of a source, in the order of events. Any result can carry the server's directive to use FDv1, which is added where
 * the answer is read and followed in one place (D8).
 */
export type SourceResult = SourceEvent & { readonly directive?: Directive }

/** One event of a source, without the server's directive. */
export type SourceEvent =
  | ChangeSetResult
  /** Bytes arrived that complete no result: a part of a payload, or a heartbeat of an open stream. */
  | { readonly type: 'activity'; readonly of: 'payload' | 'heartbeat' }
  /** A put without an object was left out of the payload (D13). */
  | { readonly type: 'skipped'; readonly key: string; readonly reason: string }
  /** The server abandoned the payload that it was sending. The connection stays open (D13). */
  | { readonly type: 'aborted'; readonly error: SourceError }
  /** The source has no data now and retries by itself, after `retryInMs` if that is known. */
  | { readonly type: 'interrupted'; readonly error: SourceError; readonly retryInMs?: number }
  /** The server asked for a new connection, which the source opens by itself. */
  | { readonly type: 'goodbye'; readonly reason: string; readonly retryInMs?: number }
  /** A retry would not help. The source ends. */
  | { readonly type: 'terminalError'; readonly error: SourceError }

/** A valid answer: a payload, or the confirmation that there is nothing new. */
export interface ChangeSetResult {
  readonly type: 'changeSet'
  /** The payload, or the confirmation that nothing is new. */
  readonly changeSet: ChangeSet
  /** The environment id, if the service sent one. */
  readonly environmentId?: string
  /** Time at which a writer saved the data, in milliseconds since the Unix epoch. Absent for current data. */
  readonly savedAt?: number
  /** The server's directive to use FDv1, if the answer has one. */
  readonly directive?: Directive
}

/** The server's directive to use FDv1 for a limited time (D8). */
export interface Directive {
  /** Duration in seconds as the server sent it. The data system interprets it. */
  readonly ttlSeconds?: number
}

/** The reason why a source has no data. A value, not an exception, because failures of sources are expected. */
export interface SourceError {
  /** The kind of failure. */
  readonly kind: SourceErrorKind
  /** The failure as a sentence, without secrets. */
  readonly message: string
  /** The part of `message` in parentheses that is the same for all sources. It is logged once per outage. */
  readonly hint?: string
  /** HTTP status, for `error_response`. */
  readonly status?: number
  /** The server's `Retry-After`, in milliseconds. */
  readonly retryAfterMs?: number
  /** Name of the faulty wire event, for `invalid_data`. */
  readonly event?: string
  /** Key of the faulty flag or segment, for `invalid_data`. */
  readonly key?: string
}

/**
 * `network_error`: no usable answer arrived. `error_response`: the server answered with an error status.
 * `invalid_data`: the answer is malformed. `unknown`: a custom source threw.
 */
export type SourceErrorKind = 'network_error' | 'error_response' | 'invalid_data' | 'store_error' | 'unknown'
