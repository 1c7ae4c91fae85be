import { finishAtOnce, type Steps } from '../async/slices.ts'
import type { Flag, Segment } from '../model/flag.ts'
import { completeFlag, completeSegment } from './complete.ts'
import { FlagFileError, type FlagFileFault, placesIn, printFault } from './flag-file-error.ts'
import { findingRepeatedNames, offsetsInJson } from './json-places.ts'
import { type ParsedText, parseYaml, parseYamlWith, type YamlParser } from './parse-yaml.ts'
import { type Problem, printFilePath } from './problems.ts'
import { validating } from './validate.ts'

/** The content of a flag file. Members that the file leaves out have their default values. */
export interface FlagItems {
  readonly flags: ReadonlyMap<string, Flag>
  readonly segments: ReadonlyMap<string, Segment>
}

export interface FlagFile extends FlagItems {
  /** Probable mistakes, for the log. */
  readonly warnings: readonly string[]
}

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
 * @throws {FlagFileError} if the text is empty or invalid.
 */
export function parseFlagFile(text: string, path: string, options: ParseOptions = {}): FlagFile {
  return finishAtOnce(parsingFlagFile(text, path, options))
}

/** Does the same as {@link parseFlagFile} in steps, except that a YAML text, and the JSON of a text, are parsed in one step. */
export function* parsingFlagFile(text: string, path: string, options: ParseOptions): Steps<FlagFile> {
  const { file, errors } = yield* checkingFlagFile(text, path, options)
  if (file) return file
  const [first, ...more] = errors
  throw new FlagFileError(first ?? { path, reason: 'is invalid' }, { more })
}

/** The result of the checks of a flag file. */
export interface CheckedFlagFile {
  /** The content. Undefined if there are errors. */
  readonly file: FlagFile | undefined
  readonly errors: readonly FlagFileFault[]
  readonly warnings: readonly FlagFileFault[]
  /** Returns problems that were found later as faults of this file, with their places. */
  readonly faultsOf: (problems: readonly Problem[]) => readonly FlagFileFault[]
}

/** Checks the text of a flag file, in the steps of {@link parsingFlagFile}. Throws a {@link FlagFileError} for a wrong syntax. */
export function* checkingFlagFile(text: string, path: string, options: ParseOptions): Steps<CheckedFlagFile> {
  if (text.trim() === '') throw new FlagFileError({ path, reason: EMPTY })
  const parsed = yield* parsing(text, path, options)
  const { errors, warnings } = yield* validating(parsed.value)
  const placeOf = placesIn(text)
  const faultOf = ({ path: place, reason }: Problem, offset: number | undefined): FlagFileFault => ({
    path,
    ...(place.length > 0 && { member: printFilePath(place) }),
    reason,
    ...(offset !== undefined && placeOf(offset)),
  })
  const faultsOf = (problems: readonly Problem[]): readonly FlagFileFault[] => {
    if (problems.length === 0) return []
    const offsets = parsed.offsetsOf(problems.map((problem) => problem.path))
    return problems.map((problem, index) => faultOf(problem, offsets[index]))
  }
  const repeated = parsed.repeated.map(({ path: place, offset }) =>
    faultOf({ path: place, reason: 'occurs twice in the same object' }, offset),
  )
  const checked = { errors: [...repeated, ...faultsOf(errors)], warnings: faultsOf(warnings), faultsOf }
  if (checked.errors.length > 0) return { file: undefined, ...checked }
  return { file: yield* completingFile(parsed.value as FileContent, checked.warnings), ...checked }
}

const EMPTY = 'the file is empty; without flags, its content is {}'

type FileContent = Readonly<Record<string, Readonly<Record<string, object>> | null>>

function* completingFile(content: FileContent, warnings: readonly FlagFileFault[]): Steps<FlagFile> {
  const flags = yield* completing(content.flags, completeFlag)
  for (const [key, value] of Object.entries(content.flagValues ?? {})) flags.set(key, constant(key, value))
  const segments = yield* completing(content.segments, completeSegment)
  return { flags, segments, warnings: warnings.map(printFault) }
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
    const repeated = yield* findingRepeatedNames(text)
    return { value, repeated, offsetsOf: (paths) => offsetsInJson(text, paths) }
  }
  if (!yamlParser) return parseYaml(text, path)
  const value = parseYamlWith(yamlParser, text, path)
  return { value, repeated: [], offsetsOf: (paths) => paths.map(() => undefined) }
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
        : `unexpected ${JSON.stringify(String.fromCodePoint(content.codePointAt(offset) ?? 0))} in JSON${yamlHint(path)}`
    throw new FlagFileError({ path, reason, ...placesIn(content)(offset) }, { cause: error })
  }
}

/** Returns a hint for a file whose name does not state the format. */
function yamlHint(path: string): string {
  return /\.json$/i.test(path) ? '' : ' (is it YAML? then its name must end in .yaml or .yml)'
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
