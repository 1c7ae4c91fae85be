import type { Flag, Segment } from '../model/flag.ts'
import { completeFlag, completeSegment } from './complete.ts'
import { FlagFileError, type FlagFileFault, placeOf } from './flag-file-error.ts'
import { offsetInJson, refuseRepeatedNames } from './json-places.ts'
import { parseJson } from './parse-json.ts'
import { parseYaml, parseYamlWith, type YamlParser } from './parse-yaml.ts'
import type { ParsedText } from './parsed-text.ts'
import { type Problem, printFilePath } from './problems.ts'
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
