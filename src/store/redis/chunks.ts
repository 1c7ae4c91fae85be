/** A server answers nobody else while it reads one of these. Characters, which are bytes as a rule. */
const MOST_CHARACTERS = 4_000_000

/** The same rows in portions of at most `most`, and of a size a server takes in at once. */
export function* chunks<T extends { readonly text: string }>(
  rows: Iterable<T>,
  most: number,
): Generator<T[]> {
  let chunk: T[] = []
  let characters = 0
  for (const row of rows) {
    if (chunk.length === most || (chunk.length > 0 && characters + row.text.length > MOST_CHARACTERS)) {
      yield chunk
      chunk = []
      characters = 0
    }
    chunk.push(row)
    characters += row.text.length
  }
  if (chunk.length > 0) yield chunk
}
