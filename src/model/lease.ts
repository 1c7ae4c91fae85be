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
