import { ConfigError, type ConfigIssue } from './errors.ts'
import { readingOptions } from './readable.ts'

const MOST_EDITS = 2

/** Returns the known name that differs from `name` by at most two typing errors, regardless of case; the nearest of several. */
export function nearMiss(name: string, known: readonly string[]): string | undefined {
  const meant = name.toLowerCase()
  const [best] = known
    .filter((candidate) => Math.abs(candidate.length - meant.length) <= MOST_EDITS)
    .map((candidate) => ({ candidate, edits: editsBetween(meant, candidate.toLowerCase()) }))
    .filter(({ edits, candidate }) => edits <= MOST_EDITS && edits <= candidate.length / 2)
    .sort((a, b) => a.edits - b.edits)
  return best?.candidate
}

/** Lists of up to so many names are printed whole when no name is near. */
const MOST_LISTED = 8

/** Returns the issue of an unknown option name: it suggests the nearest known name, or lists the known names if there are few. */
export function unknownName(path: string, name: string, known: readonly string[]): ConfigIssue {
  const near = nearMiss(name, known)
  const listed = known.length <= MOST_LISTED ? ` (known are ${known.join(', ')})` : ''
  const hint = near === undefined ? listed : ` (did you mean ${near}?)`
  return { path, expected: `a known option${hint}`, received: 'an unknown name' }
}

/**
 * Checks the names of options that only Halyard has.
 *
 * @param root what the paths of errors begin with.
 * @throws {ConfigError} if the options are not an object, have a name that is not known, or a member that cannot be read.
 */
export function refuseUnknownNames(root: string, options: unknown, known: readonly string[]): void {
  readingOptions({ [root]: options }, () => refuseUnknown(root, options, known))
}

function refuseUnknown(root: string, options: unknown, known: readonly string[]): void {
  if (options === undefined) return
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const received = options === null ? 'null' : Array.isArray(options) ? 'array' : typeof options
    throw new ConfigError([{ path: root, expected: 'object', received }])
  }
  const issues = Object.keys(options)
    .filter((name) => !known.includes(name))
    .map((name) => unknownName(`${root}.${name}`, name, known))
  if (issues.length > 0) throw new ConfigError(issues)
  // Read once here, so that the path of a member that cannot be read is named.
  for (const name of known) void (options as Readonly<Record<string, unknown>>)[name]
}

/**
 * Returns the number of letters to insert, delete or replace, or pairs of neighbours to swap, that turn one text into the
 * other (optimal string alignment distance).
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
    before = row
    row = next
  }
  return at(row, to.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] as number
}
