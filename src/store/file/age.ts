/** How far ahead of ours the clock of whoever saved may be, milliseconds. */
const MOST_AHEAD_MS = 86_400_000

/** What is wrong with the time a file was saved, if anything. Where any age will do, nothing is. */
export function ageFault(savedAt: number, now: number, maxAgeMs: number): string | undefined {
  const ageMs = now - savedAt
  if (maxAgeMs === Infinity) return undefined
  if (ageMs > maxAgeMs) return `it was saved ${seconds(ageMs)} s ago, and maxAgeMs is ${seconds(maxAgeMs)} s`
  if (ageMs < -MOST_AHEAD_MS)
    return `it says it was saved ${seconds(-ageMs)} s from now, so its age is unknown`
  return undefined
}

function seconds(ms: number): number {
  return Math.round(ms / 1_000)
}
