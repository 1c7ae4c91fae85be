const DEFAULT_MS = 5_000

/** The suite once asks for a year, by a slip of units, and means this. */
const LONGEST_MS = 30_000

/** How long the suite waits for a client at most, milliseconds. Nothing and 0 mean the default. */
export function startWaitMs(asked: number | undefined): number {
  return Math.min(asked || DEFAULT_MS, LONGEST_MS)
}
