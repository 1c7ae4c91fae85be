import type { Document, Node } from 'yaml'
import { handleRejection } from '../async/call-safely.ts'
import { errorText } from '../model/error-text.ts'
import { FlagFileError, placeOf } from './flag-file-error.ts'
import type { FilePath } from './problems.ts'

export interface ParsedText {
  readonly value: unknown
  /** Returns the offset of a path, or of the longest part of it that exists. Returns `undefined` if the parser has no offsets. */
  offsetOf(path: FilePath): number | undefined
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
export function parseYaml(text: string, path: string): ParsedText {
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
