import { finishAtOnce, type Steps } from '../async/slices.ts'
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
 * @param visit - receives the path, the offset, and `repeated` if the object already had a member of that name.
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

/** Returns the offset of each path in a valid JSON text, or of the longest part of the path that exists. */
export function offsetsInJson(text: string, paths: readonly FilePath[]): readonly (number | undefined)[] {
  const offsets = new Map<string, number | undefined>()
  for (const path of paths) for (const part of partsOf(path)) offsets.set(part, undefined)
  const visit: Visit = (pathOf, offset) => {
    const name = JSON.stringify(pathOf())
    if (offsets.has(name)) offsets.set(name, offset)
  }
  finishAtOnce(visitingPlaces(text, visit))
  return paths.map((path) =>
    partsOf(path)
      .map((part) => offsets.get(part))
      .findLast((offset) => offset !== undefined),
  )
}

/** Returns the path with one name, with two names, and so on, as texts. */
function partsOf(path: FilePath): readonly string[] {
  return path.map((_, index) => JSON.stringify(path.slice(0, index + 1)))
}

/** A name that an object has a second time. */
export interface RepeatedName {
  readonly path: FilePath
  readonly offset: number
}

/** Finds the repeated names in a valid JSON text: `JSON.parse` would drop the first value without an error. */
export function* findingRepeatedNames(text: string): Steps<readonly RepeatedName[]> {
  const repeated: RepeatedName[] = []
  yield* visitingPlaces(text, (path, offset, occurrence) => {
    if (occurrence === 'repeated') repeated.push({ path: path(), offset })
  })
  return repeated
}
