import type { Document, Node } from 'yaml'
import { handleRejection } from '../async/call-safely.ts'
import { errorText } from '../model/error-text.ts'
import { FlagFileError, placeOf } from './flag-file-error.ts'
import type { ParsedText } from './parsed-text.ts'
import type { FilePath } from './problems.ts'

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
export function parseYamlWith(parser: YamlParser, text: string, path: string): unknown {
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
