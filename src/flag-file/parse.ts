import type { Document, Node } from 'yaml'
import { handleRejection } from '../async/call-safely.ts'
import { finishAtOnce, type Steps } from '../async/slices.ts'
import { errorText } from '../model/error-text.ts'
import type { Flag, Segment } from '../model/flag.ts'
import { completeFlag, completeSegment } from './complete.ts'
import { FlagFileError, type FlagFileFault, placeOf } from './flag-file-error.ts'
import { offsetInJson, refusingRepeatedNames } from './json-places.ts'
import { type FilePath, type Problem, printFilePath } from './problems.ts'
import { validating } from './validate.ts'

/** The content of a flag file. Members that the file leaves out have their default values. */
export interface FlagFile {
  readonly flags: ReadonlyMap<string, Flag>
  readonly segments: ReadonlyMap<string, Segment>
  /** Probable mistakes, for the log. */
  readonly warnings: readonly string[]
}

const MAX_LISTED = 20

export type FileFormat = 'json' | 'yaml'

/** Returns the format of a file, which is YAML if the path ends in `.yml` or `.yaml`, otherwise JSON. */
export function formatOf(path: string): FileFormat {
  return /\.ya?ml$/i.test(path) ? 'yaml' : 'json'
}

export interface ParseOptions {
  /** Default: {@link formatOf} the path. */
  readonly format?: FileFormat
  /** A parser for YAML. Default: the built-in one. */
  readonly yamlParser?: YamlParser | undefined
}

/**
 * Parses the text of a flag file. The sections are `flags`, `segments` and `flagValues`; an entry of `flagValues` replaces one of `flags`
 * with the same key.
 *
 * @throws {FlagFileError} with up to 20 problems, if the text is empty or invalid.
 */
export function parseFlagFile(text: string, path: string, options: ParseOptions = {}): FlagFile {
  return finishAtOnce(parsingFlagFile(text, path, options))
}

/** Does the same as {@link parseFlagFile} in steps, except that a YAML text, and the JSON of a text, are parsed in one step. */
export function* parsingFlagFile(text: string, path: string, options: ParseOptions): Steps<FlagFile> {
  if (text.trim() === '') throw new FlagFileError({ path, reason: 'the file is empty' })
  const parsed = yield* parsing(text, path, options)
  const { errors, warnings } = yield* validating(parsed.value)
  const faultOf = ({ path: place, reason }: Problem): FlagFileFault => {
    const offset = parsed.offsetOf(place)
    const named = place.length === 0 ? reason : `${printFilePath(place)}: ${reason}`
    return { path, reason: named, ...(offset !== undefined && placeOf(text, offset)) }
  }
  const [first, ...more] = errors.slice(0, MAX_LISTED).map(faultOf)
  if (first) throw new FlagFileError(first, { more, unlisted: errors.length - more.length - 1 })
  const content = parsed.value as Readonly<Record<string, Readonly<Record<string, object>> | null>>
  const flags = yield* completing(content.flags, completeFlag)
  for (const [key, value] of Object.entries(content.flagValues ?? {})) flags.set(key, constant(key, value))
  const segments = yield* completing(content.segments, completeSegment)
  return { flags, segments, warnings: warnings.map((warning) => new FlagFileError(faultOf(warning)).message) }
}

function* completing<T extends object>(
  objects: Readonly<Record<string, object>> | null = {},
  complete: (key: string, object: object) => T,
): Steps<Map<string, T>> {
  const completed = new Map<string, T>()
  for (const [key, object] of Object.entries(objects ?? {})) {
    completed.set(key, complete(key, object))
    yield
  }
  return completed
}

function* parsing(
  text: string,
  path: string,
  { format = formatOf(path), yamlParser }: ParseOptions,
): Steps<ParsedText> {
  if (format === 'json') {
    const value = parseJson(text, path)
    yield
    yield* refusingRepeatedNames(text, path)
    return { value, offsetOf: (place) => offsetInJson(text, place) }
  }
  if (!yamlParser) return parseYaml(text, path)
  return { value: parseYamlWith(yamlParser, text, path), offsetOf: () => undefined }
}

function constant(key: string, value: unknown): Flag {
  const short = { on: true, variations: [value], fallthrough: { variation: 0 } }
  return completeFlag(key, short)
}

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
 * Returns the length of the longest prefix of an invalid text that could continue as JSON. `JSON.parse` reports the position of
 * some errors only, but it distinguishes a truncated text from a wrong one, so a binary search finds the position.
 */
function faultOffset(text: string): number {
  let valid = 0
  let invalid = text.length + 1
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >>> 1
    if (couldContinue(text.slice(0, middle))) valid = middle
    else invalid = middle
  }
  return valid
}

function couldContinue(prefix: string): boolean {
  try {
    JSON.parse(prefix)
    return true
  } catch (error) {
    const { message } = error as SyntaxError
    const position = /at position (\d+)/.exec(message)?.[1]
    return position === undefined ? message.startsWith('Unexpected end') : Number(position) >= prefix.length
  }
}

/** Parses a YAML text synchronously and returns its value. Throws if the text is invalid. */
export type YamlParser = (text: string) => unknown

/** The built-in parser. {@link loadYamlParser} loads it only if a file is YAML. */
let yaml: typeof import('yaml') | undefined

/** Loads the built-in YAML parser, once per process. Rejects with a {@link FlagFileError} if that fails. */
export async function loadYamlParser(path: string): Promise<void> {
  try {
    yaml ??= await import('yaml')
  } catch (cause) {
    const reason = `the YAML parser could not be loaded (${String(cause)}); in a bundle, include halyard's dynamic imports`
    throw new FlagFileError({ path, reason }, { cause })
  }
}

/** Parses a YAML text with the built-in parser, including merge keys (`<<`). Throws a {@link FlagFileError} with the place of the first error. */
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
  refuseRepeatedKeys(yaml, document, { text, path })
  try {
    const value: unknown = document.toJS()
    return { value, offsetOf: (place) => offsetInYaml(document, place) }
  } catch (cause) {
    // The parser resolves aliases here, so an error about them has no place.
    throw new FlagFileError({ path, reason: reasonOf(cause) }, { cause })
  }
}

function documentOf({ parseDocument }: typeof import('yaml'), text: string, path: string): Document.Parsed {
  try {
    return parseDocument(text, { prettyErrors: false, merge: true, uniqueKeys: false })
  } catch (cause) {
    throw new FlagFileError({ path, reason: reasonOf(cause) }, { cause })
  }
}

/** Refuses a key that a map has twice. The parser's own check compares each key with all others of the map. */
function refuseRepeatedKeys(
  { visit, isScalar }: typeof import('yaml'),
  document: Document.Parsed,
  { text, path }: { readonly text: string; readonly path: string },
): void {
  visit(document, {
    Map(_, { items }) {
      const known = new Set<unknown>()
      for (const { key } of items) {
        const name = isScalar(key) ? key.value : key
        if (known.has(name)) {
          const [offset = 0] = (key as Node).range ?? []
          throw new FlagFileError({ path, reason: 'Map keys must be unique', ...placeOf(text, offset) })
        }
        known.add(name)
      }
    },
  })
}

/** Returns the reason of a failed parse. The parser is recursive and reports an overflow of the stack like a syntax error. */
function reasonOf(cause: unknown): string {
  const { message } = cause as Error
  return message.startsWith('Maximum call stack') ? 'nested too deeply' : message
}

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

/** Parses a YAML text with the parser of the application. Throws a {@link FlagFileError} with the parser's message. */
function parseYamlWith(parser: YamlParser, text: string, path: string): unknown {
  let value: unknown
  try {
    value = parser(text)
  } catch (cause) {
    const [reason = ''] = (cause instanceof Error ? cause.message : errorText(cause)).split('\n')
    throw new FlagFileError({ path, reason }, { cause })
  }
  // An async parser is refused below; the rejection of its promise must not end the process.
  handleRejection(value, () => {})
  // A Map or a promise has no own members, so it would look like a file without flags.
  if (value instanceof Map || value instanceof Promise) {
    const reason = `yamlParser must return a plain object, not a ${value.constructor.name}`
    throw new FlagFileError({ path, reason })
  }
  return value
}

interface ParsedText {
  readonly value: unknown
  /** Returns the offset of a path, or of the longest part of it that exists. Returns `undefined` if the parser has no offsets. */
  offsetOf(path: FilePath): number | undefined
}
