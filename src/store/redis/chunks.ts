import { type PortionLimits, portions } from '../portions.ts'

/** A server answers nobody else while it reads one of these. Characters, which are bytes as a rule. */
const MOST_CHARACTERS = 4_000_000

/** The same rows in portions of at most `most`, and of a size a server takes in at once. */
export function chunks<T extends { readonly text: string }>(
  rows: Iterable<T>,
  { most, mostSize = MOST_CHARACTERS }: Pick<PortionLimits<T>, 'most' | 'mostSize'>,
): Iterable<readonly T[]> {
  return portions(rows, { most, mostSize, sizeOf: ({ text }) => text.length })
}
