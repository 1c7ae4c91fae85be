const MAX_EDITS = 2

/**
 * Returns the known name that differs from `name` by at most two typing errors, ignoring case. Returns the nearest if there are
 * several, and `undefined` if there is none.
 */
export function nearMiss(name: string, known: readonly string[]): string | undefined {
  const meant = name.toLowerCase()
  const [best] = known
    .filter((candidate) => Math.abs(candidate.length - meant.length) <= MAX_EDITS)
    .map((candidate) => ({ candidate, edits: editsBetween(meant, candidate.toLowerCase()) }))
    .filter(({ edits, candidate }) => edits <= MAX_EDITS && edits <= candidate.length / 2)
    .sort((a, b) => a.edits - b.edits)
  return best?.candidate
}

export function didYouMean(name: string, known: readonly string[]): string | undefined {
  const near = nearMiss(name, known)
  return near === undefined ? undefined : `did you mean ${near}?`
}

/**
 * Returns the optimal string alignment distance: the number of letters to insert, delete or replace, or of neighbours
 * to swap. Returns `Infinity` as soon as the distance must be more than {@link MAX_EDITS}, because a relay compares all its variables at its start.
 */
function editsBetween(from: string, to: string): number {
  let before: readonly number[] = []
  let row: readonly number[] = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = at(row, j - 1) + (from[i - 1] === to[j - 1] ? 0 : 1)
      const edits = Math.min(replaced, at(row, j) + 1, at(next, j - 1) + 1)
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      next.push(isSwap ? Math.min(edits, at(before, j - 2) + 1) : edits)
    }
    // No later row has less than the least distance of this one.
    if (Math.min(...next) > MAX_EDITS) return Infinity
    before = row
    row = next
  }
  return at(row, to.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] as number
}
