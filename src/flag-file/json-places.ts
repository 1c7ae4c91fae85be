import { finishAtOnce, type Steps } from '../async/slices.ts'
import { FlagFileError, placeOf } from './flag-file-error.ts'
import type { FilePath } from './problems.ts'

/** Matches the quote that begins a string, a bracket, a comma, or a run of other characters except white space and colons. */
const TOKEN = /["{}[\],]|[^\s"{}[\],:]+/g

interface Level {
  /** The names that the object has so far; `undefined` for a list. */
  readonly names: Set<string> | undefined
  at: string | number
  /** True if the next string is the name of a member. */
  expectsName: boolean
}

type Visit = (path: () => FilePath, offset: number, occurrence: 'first' | 'repeated') => void

/** Number of tokens in one step. */
const STEP = 2_000

/**
 * Visits each member and item of a valid JSON text with the offset of its name or value.
 *
 * @param visit receives the path, the offset, and `repeated` if the object already had a member of that name.
 */
function* visitingPlaces(text: string, visit: Visit): Steps<void> {
  const levels: Level[] = []
  const path = (): FilePath => levels.map(({ at }) => at)
  let count = 0
  for (const [token, offset] of tokens(text)) {
    if (++count % STEP === 0) yield
    const level = levels.at(-1)
    if (token === '}' || token === ']') {
      levels.pop()
      continue
    }
    if (token === ',') {
      if (level?.names) level.expectsName = true
      else if (level) level.at = Number(level.at) + 1
      continue
    }
    if (level?.names && level.expectsName) {
      const name = JSON.parse(token) as string
      level.at = name
      level.expectsName = false
      visit(path, offset, level.names.has(name) ? 'repeated' : 'first')
      level.names.add(name)
      continue
    }
    if (level && !level.names) visit(path, offset, 'first')
    if (token === '{') levels.push({ names: new Set(), at: '', expectsName: true })
    if (token === '[') levels.push({ names: undefined, at: 0, expectsName: false })
  }
}

/** Yields the tokens of a valid JSON text. Finds the end of strings without a pattern, which would overflow on long strings. */
function* tokens(text: string): Generator<readonly [token: string, offset: number]> {
  const pattern = new RegExp(TOKEN)
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const { 0: token, index } = match
    if (token === '"') {
      pattern.lastIndex = endOfString(text, index)
      yield [text.slice(index, pattern.lastIndex), index]
    } else yield [token, index]
  }
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end + 1
}

function isEscaped(text: string, offset: number): boolean {
  let backslashes = 0
  while (text[offset - backslashes - 1] === '\\') backslashes++
  return backslashes % 2 === 1
}

/** Returns the offset of a path in a valid JSON text, or of the longest part of the path that exists. */
export function offsetInJson(text: string, path: FilePath): number | undefined {
  let best: number | undefined
  let longest = 0
  const visit: Visit = (pathOf, offset) => {
    const candidate = pathOf()
    if (candidate.length < longest || candidate.length > path.length) return
    if (!candidate.every((part, index) => part === path[index])) return
    longest = candidate.length
    best = offset
  }
  finishAtOnce(visitingPlaces(text, visit))
  return best
}

/** Throws a {@link FlagFileError} if an object has a name twice: `JSON.parse` would drop the first value without an error. */
export function refusingRepeatedNames(text: string, file: string): Steps<void> {
  return visitingPlaces(text, (path, offset, occurrence) => {
    if (occurrence === 'first') return
    const reason = `${JSON.stringify(path().at(-1))} occurs twice`
    throw new FlagFileError({ path: file, reason, ...placeOf(text, offset) })
  })
}
