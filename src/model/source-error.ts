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
