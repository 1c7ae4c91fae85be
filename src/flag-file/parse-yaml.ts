import { handleRejection } from '../async/call-safely.ts'
import { errorText } from '../model/error-text.ts'
import { FlagFileError, placeOf } from './flag-file-error.ts'

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

/** The value of a YAML text, once the parser is loaded. Throws a {@link FlagFileError} that names the place of the first fault. */
export function parseYaml(text: string, path: string): unknown {
  if (!yaml) throw new FlagFileError({ path, reason: 'the YAML parser is not loaded' })
  const document = yaml.parseDocument(text, { prettyErrors: false })
  const [error] = document.errors
  if (error) {
    throw new FlagFileError({ path, reason: error.message, ...placeOf(text, error.pos[0]) }, { cause: error })
  }
  try {
    return document.toJS()
  } catch (cause) {
    // Aliases are resolved late: an unknown one, or too many, is noticed without a place.
    throw new FlagFileError({ path, reason: (cause as Error).message }, { cause })
  }
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
