import type { Flag } from '../model/flag.ts'
import { isJsonObject, type JsonObject } from '../model/json.ts'
import type { Segment } from '../model/segment.ts'
import { FlagFileError } from './flag-file-error.ts'
import { parseJson } from './parse-json.ts'
import { parseYaml, parseYamlWith, type YamlParser } from './parse-yaml.ts'

/** What a flag file holds. Every object carries its key and a version, 1 where the file gives none. */
export interface FlagFile {
  readonly flags: ReadonlyMap<string, Flag>
  readonly segments: ReadonlyMap<string, Segment>
}

/**
 * Reads the text of a flag file: YAML where the path ends in `.yml` or `.yaml`, by the parser that is handed in or else by
 * ours, JSON otherwise. Top level are `flags`, `segments` and `flagValues`, which beat `flags` of the same key; anything
 * else is ignored. Throws a {@link FlagFileError} for anything but that, an empty file included.
 */
export function parseFlagFile(text: string, path: string, yamlParser?: YamlParser): FlagFile {
  if (text.trim() === '') throw new FlagFileError({ path, reason: 'the file is empty' })
  const content = parse(text, path, yamlParser)
  if (!isJsonObject(content)) throw shapeError(path, 'the file', content)
  const flags = objects(content, 'flags', path)
  for (const [key, value] of members(content, 'flagValues', path)) flags.set(key, constant(key, value))
  return { flags, segments: objects(content, 'segments', path) }
}

function parse(text: string, path: string, yamlParser: YamlParser | undefined): unknown {
  if (!isYaml(path)) return parseJson(text, path)
  return yamlParser ? parseYamlWith(yamlParser, text, path) : parseYaml(text, path)
}

/** Returns whether a file is read as YAML, by its name. */
export function isYaml(path: string): boolean {
  return /\.ya?ml$/i.test(path)
}

/** A flag that is always on and always this value. */
function constant(key: string, value: unknown): Flag {
  return { key, version: 1, on: true, variations: [value], fallthrough: { variation: 0 } }
}

function objects(content: JsonObject, name: string, path: string): Map<string, Flag & Segment> {
  const found = new Map<string, Flag & Segment>()
  for (const [key, object] of members(content, name, path)) {
    if (!isJsonObject(object)) throw shapeError(path, `${name}.${key}`, object)
    const version = Number.isFinite(object.version) ? (object.version as number) : 1
    found.set(key, { ...object, key, version })
  }
  return found
}

/** A section may be missing, or left without content as YAML allows. */
function members(content: JsonObject, name: string, path: string): [string, unknown][] {
  const section = content[name] ?? {}
  if (!isJsonObject(section)) throw shapeError(path, name, section)
  return Object.entries(section)
}

function shapeError(path: string, what: string, value: unknown): FlagFileError {
  const found = value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`
  return new FlagFileError({ path, reason: `${what} must be an object, not ${found}` })
}
