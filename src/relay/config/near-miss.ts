const MOST_EDITS = 2

/** The known name somebody may have meant: at most two letters off, whatever the case. */
export function nearMiss(name: string, known: readonly string[]): string | undefined {
  const meant = name.toLowerCase()
  const [best] = known
    .filter((candidate) => Math.abs(candidate.length - meant.length) <= MOST_EDITS)
    .map((candidate) => ({ candidate, edits: editsBetween(meant, candidate.toLowerCase()) }))
    .filter(({ edits, candidate }) => edits <= MOST_EDITS && edits <= candidate.length / 2)
    .sort((a, b) => a.edits - b.edits)
  return best?.candidate
}

/** How many letters must be put in, taken out or replaced; two that changed places are two. */
function editsBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [i, letter] of from.split('').entries()) {
    const next = [i + 1]
    for (const [j, other] of to.split('').entries()) {
      const replaced = (row[j] as number) + (letter === other ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] as number) + 1, (next[j] as number) + 1))
    }
    row = next
  }
  return row.at(-1) as number
}
