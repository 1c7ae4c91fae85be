import { createRequire } from 'node:module'
import { FlagFileError, placeOf } from './flag-file-error.ts'

/** Makes a value of a YAML text, at once; throws where it cannot. */
export type YamlParser = (text: string) => unknown

/** The value of a YAML text. Throws a {@link FlagFileError} that names the place of the first fault. */
export function parseYaml(text: string, path: string): unknown {
  const document = yaml().parseDocument(text, { prettyErrors: false })
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
    const [reason = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n')
    throw new FlagFileError({ path, reason }, { cause })
  }
  // A Map or a promise has no members of its own: it would read like a file without flags.
  if (value instanceof Map || value instanceof Promise) {
    const reason = `yamlParser must return a plain object, not a ${value.constructor.name}`
    throw new FlagFileError({ path, reason })
  }
  return value
}

/** Loaded when the first YAML file is met: a process without one does not pay for the parser. */
function yaml(): typeof import('yaml') {
  return createRequire(import.meta.url)('yaml') as typeof import('yaml')
}
