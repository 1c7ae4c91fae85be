const DEFAULT_MS = 5_000

/** Replaces a wait of a year, which the suite requests by a wrong unit. */
const LONGEST_MS = 30_000

/** Returns the longest wait for a client, in milliseconds. An absent value and 0 select the default. */
export function startWaitMs(asked: number | undefined): number {
  return Math.min(asked || DEFAULT_MS, LONGEST_MS)
}
