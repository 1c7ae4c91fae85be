import { createRequire } from 'node:module'
import { FlagFileError, placeOf } from './flag-file-error.ts'

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

/** Loaded when the first YAML file is met: a process without one does not pay for the parser. */
function yaml(): typeof import('yaml') {
  return createRequire(import.meta.url)('yaml') as typeof import('yaml')
}
