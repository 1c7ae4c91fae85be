import type { Document, Node } from 'yaml'
import { handleRejection } from '../async/call-safely.ts'
import { errorText } from '../model/error-text.ts'
import { FlagFileError, type FlagFileFault, placesIn } from './flag-file-error.ts'
import type { RepeatedName } from './json-places.ts'
import type { FilePath } from './problems.ts'

export interface ParsedText {
  readonly value: unknown
  /** The names that occur a second time in their object. The value has the last member of each. */
  readonly repeated: readonly RepeatedName[]
  /** Returns the offset of each path, or of the longest part of it that exists. An offset is `undefined` if the parser has none. */
  offsetsOf(paths: readonly FilePath[]): readonly (number | undefined)[]
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

/**
 * Parses a YAML text with the built-in parser, including merge keys (`<<`). Throws a {@link FlagFileError} with the errors of the
 * syntax.
 */
export function parseYaml(text: string, path: string): ParsedText {
  if (!yaml) throw new FlagFileError({ path, reason: 'the YAML parser is not loaded' })
  const document = documentOf(yaml, text, path)
  const placeOf = placesIn(text)
  const [first, ...more] = document.errors.map(
    (error): FlagFileFault => ({ path, reason: reasonOf(error), ...placeOf(error.pos[0]) }),
  )
  if (first) throw new FlagFileError(first, { more, cause: document.errors[0] })
  try {
    const value: unknown = document.toJS()
    return {
      value,
      repeated: repeatedKeys(yaml, document),
      offsetsOf: (paths) => paths.map((each) => offsetInYaml(document, each)),
    }
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

/** Returns the keys that a map has a second time. The parser's own check compares each key with all others of the map. */
function repeatedKeys(
  { visit, isScalar }: typeof import('yaml'),
  document: Document.Parsed,
): readonly RepeatedName[] {
  const repeated: RepeatedName[] = []
  visit(document, {
    Map(_, map, ancestors) {
      const known = new Set<unknown>()
      for (const pair of map.items) {
        const name = isScalar(pair.key) ? pair.key.value : pair.key
        if (known.has(name)) {
          const [offset = 0] = (pair.key as Node).range ?? []
          repeated.push({ path: [...pathOf([...ancestors, map]), String(name)], offset })
        }
        known.add(name)
      }
    },
  })
  return repeated
}

/** Returns the path of a node from its ancestors and itself. */
function pathOf(nodes: readonly unknown[]): FilePath {
  return nodes.flatMap((node, index) => {
    if (yaml?.isPair(node)) return yaml.isScalar(node.key) ? String(node.key.value) : '?'
    return yaml?.isSeq(node) ? node.items.indexOf(nodes[index + 1]) : []
  })
}

/** Messages of the parser that need an explanation, and what the author of the file can do. */
const REMEDIES: readonly (readonly [beginning: string, reason: string])[] = [
  // The parser is recursive and reports an overflow of the stack like a syntax error.
  ['Maximum call stack', 'nested too deeply'],
  ['Excessive alias count', 'its aliases (*name) repeat too much data; write the values out'],
  ['Tabs are not allowed', 'tabs are not allowed as indentation; use spaces'],
]

function reasonOf(cause: unknown): string {
  const { message } = cause as Error
  return REMEDIES.find(([beginning]) => message.startsWith(beginning))?.[1] ?? message
}

function offsetInYaml(document: Document.Parsed, path: FilePath): number | undefined {
  let offset: number | undefined
  let node: unknown = document.contents
  for (const part of path) {
    if (yaml?.isAlias(node)) node = node.resolve(document)
    if (yaml?.isMap(node)) {
      const pair = node.items.findLast(({ key }) => (yaml?.isScalar(key) ? String(key.value) : key) === part)
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
export function parseYamlWith(parser: YamlParser, text: string, path: string): unknown {
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
