import type { Document, Node } from 'yaml'
import { handleRejection } from '../async/call-safely.ts'
import { errorText } from '../model/error-text.ts'
import type { Flag, Segment } from '../model/flag.ts'
import { completeFlag, completeSegment } from './complete.ts'
import { FlagFileError, type FlagFileFault, placeOf } from './flag-file-error.ts'
import { offsetInJson, refuseRepeatedNames } from './json-places.ts'
import { type FilePath, type Problem, printFilePath } from './problems.ts'
import { validate } from './validate.ts'

/** What a flag file holds. Every object is complete: members that the file leaves out have their defaults. */
export interface FlagFile {
  readonly flags: ReadonlyMap<string, Flag>
  readonly segments: ReadonlyMap<string, Segment>
  /** What is doubtful in it, for the log. */
  readonly warnings: readonly string[]
}

/** More problems than this are only counted. */
const MOST_LISTED = 20

/**
 * Reads the text of a flag file: YAML where the path ends in `.yml` or `.yaml`, by the parser that is handed in or else by
 * ours, JSON otherwise. Top level are `flags`, `segments` and `flagValues`, which beat `flags` of the same key.
 *
 * @throws {FlagFileError} with up to 20 problems, if the text is empty or anything in it is not what it should be.
 */
export function parseFlagFile(text: string, path: string, yamlParser?: YamlParser): FlagFile {
  if (text.trim() === '') throw new FlagFileError({ path, reason: 'the file is empty' })
  const parsed = parse(text, path, yamlParser)
  const { errors, warnings } = validate(parsed.value)
  const faultOf = ({ path: place, reason }: Problem): FlagFileFault => {
    const offset = parsed.offsetOf(place)
    const named = place.length === 0 ? reason : `${printFilePath(place)}: ${reason}`
    return { path, reason: named, ...(offset !== undefined && placeOf(text, offset)) }
  }
  const [first, ...more] = errors.slice(0, MOST_LISTED).map(faultOf)
  if (first) throw new FlagFileError(first, { more, unlisted: errors.length - more.length - 1 })
  const content = parsed.value as Readonly<Record<string, Readonly<Record<string, object>> | null>>
  const flags = new Map(
    Object.entries(content.flags ?? {}).map(([key, flag]) => [key, completeFlag(key, flag)]),
  )
  for (const [key, value] of Object.entries(content.flagValues ?? {})) flags.set(key, constant(key, value))
  const segments = new Map(
    Object.entries(content.segments ?? {}).map(([key, segment]) => [key, completeSegment(key, segment)]),
  )
  return { flags, segments, warnings: warnings.map((warning) => new FlagFileError(faultOf(warning)).message) }
}

function parse(text: string, path: string, yamlParser: YamlParser | undefined): ParsedText {
  if (!isYaml(path)) {
    const value = parseJson(text, path)
    refuseRepeatedNames(text, path)
    return { value, offsetOf: (place) => offsetInJson(text, place) }
  }
  if (!yamlParser) return parseYaml(text, path)
  return { value: parseYamlWith(yamlParser, text, path), offsetOf: () => undefined }
}

/** Returns whether a file is read as YAML, by its name. */
export function isYaml(path: string): boolean {
  return /\.ya?ml$/i.test(path)
}

/** Returns a flag that is always on and always this value. */
function constant(key: string, value: unknown): Flag {
  const short = { on: true, variations: [value], fallthrough: { variation: 0 } }
  return completeFlag(key, short)
}

/** The value of a JSON text. Throws a {@link FlagFileError} that says where the text stops being JSON. */
function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const content = text.trimEnd()
    const offset = faultOffset(content)
    const reason =
      offset === content.length
        ? 'the file ends in the middle of its JSON'
        : `unexpected ${JSON.stringify(String.fromCodePoint(content.codePointAt(offset) ?? 0))} in JSON`
    throw new FlagFileError({ path, reason, ...placeOf(content, offset) }, { cause: error })
  }
}

/**
 * How much of a broken text could still have become JSON. The platform names the position of some faults
 * only, but it does tell a text cut short from a wrong one, and that is enough to search for the border.
 */
function faultOffset(text: string): number {
  let sound = 0
  let broken = text.length + 1
  while (broken - sound > 1) {
    const middle = (sound + broken) >>> 1
    if (couldGoOn(text.slice(0, middle))) sound = middle
    else broken = middle
  }
  return sound
}

function couldGoOn(prefix: string): boolean {
  try {
    JSON.parse(prefix)
    return true
  } catch (error) {
    const { message } = error as SyntaxError
    const position = /at position (\d+)/.exec(message)?.[1]
    return position === undefined ? message.startsWith('Unexpected end') : Number(position) >= prefix.length
  }
}

/** Makes a value of a YAML text, at once; throws where it cannot. */
export type YamlParser = (text: string) => unknown

/** Undefined until {@link loadYamlParser} resolved: a process without YAML files does not load the parser. */
let yaml: typeof import('yaml') | undefined

/** Loads the parser for {@link parseYaml}, once in a process. Rejects with a {@link FlagFileError} if that fails. */
export async function loadYamlParser(path: string): Promise<void> {
  try {
    yaml ??= await import('yaml')
  } catch (cause) {
    const reason = `the YAML parser could not be loaded (${String(cause)}); in a bundle, include halyard's dynamic imports`
    throw new FlagFileError({ path, reason }, { cause })
  }
}

/** Parses a YAML text, once the parser is loaded. Merge keys (`<<`) are understood. Throws a {@link FlagFileError} that names the place of the first fault. */
function parseYaml(text: string, path: string): ParsedText {
  if (!yaml) throw new FlagFileError({ path, reason: 'the YAML parser is not loaded' })
  const document = documentOf(yaml, text, path)
  const [error] = document.errors
  if (error) {
    throw new FlagFileError(
      { path, reason: reasonOf(error), ...placeOf(text, error.pos[0]) },
      { cause: error },
    )
  }
  try {
    const value: unknown = document.toJS()
    return { value, offsetOf: (place) => offsetInYaml(document, place) }
  } catch (cause) {
    // Aliases are resolved late: an unknown one, or too many, is noticed without a place.
    throw new FlagFileError({ path, reason: reasonOf(cause) }, { cause })
  }
}

function documentOf({ parseDocument }: typeof import('yaml'), text: string, path: string): Document.Parsed {
  try {
    return parseDocument(text, { prettyErrors: false, merge: true })
  } catch (cause) {
    throw new FlagFileError({ path, reason: reasonOf(cause) }, { cause })
  }
}

/** The parser is recursive: too many levels overflow the stack, which it reports as an error of the text. */
function reasonOf(cause: unknown): string {
  const { message } = cause as Error
  return message.startsWith('Maximum call stack') ? 'nested too deeply' : message
}

/** Returns the offset of a path, or of the longest part of it that is there. */
function offsetInYaml(document: Document.Parsed, path: FilePath): number | undefined {
  let offset: number | undefined
  let node: unknown = document.contents
  for (const part of path) {
    if (yaml?.isAlias(node)) node = node.resolve(document)
    if (yaml?.isMap(node)) {
      const pair = node.items.find(({ key }) => (yaml?.isScalar(key) ? String(key.value) : key) === part)
      if (!pair) return offset
      offset = (pair.key as Node).range?.[0] ?? offset
      node = pair.value
    } else if (yaml?.isSeq(node)) {
      node = node.items[Number(part)]
      offset = (node as Node | undefined)?.range?.[0] ?? offset
    } else return offset
  }
  return offset
}

/** The value a parser that was handed in makes of a YAML text. Throws a {@link FlagFileError} with the parser's words. */
function parseYamlWith(parser: YamlParser, text: string, path: string): unknown {
  let value: unknown
  try {
    value = parser(text)
  } catch (cause) {
    const [reason = ''] = (cause instanceof Error ? cause.message : errorText(cause)).split('\n')
    throw new FlagFileError({ path, reason }, { cause })
  }
  // Nothing waits for the promise of an async parser; its rejection must not end the process.
  handleRejection(value, () => {})
  // A Map or a promise has no members of its own: it would read like a file without flags.
  if (value instanceof Map || value instanceof Promise) {
    const reason = `yamlParser must return a plain object, not a ${value.constructor.name}`
    throw new FlagFileError({ path, reason })
  }
  return value
}

/** The value of a text, and where its parts stand in it. */
interface ParsedText {
  readonly value: unknown
  /** Returns the offset of a path, or of the longest part of it that is there; `undefined` if that is not known. */
  offsetOf(path: FilePath): number | undefined
}
