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
