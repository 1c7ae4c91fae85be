import { OPEN_FILE_LIMITS } from '../model/error-text.ts'
import { HalyardError } from '../model/errors.ts'
import type { SourceError } from '../model/source-result.ts'

/** One error in a flag file, with its place if the parser knows it. Lines and columns count from 1. */
export interface FlagFileFault {
  readonly path: string
  readonly reason: string
  readonly line?: number
  readonly column?: number
}

/** A flag file that cannot be read or is invalid. The message has a line `path:line:column: reason` for each fault. */
export class FlagFileError extends HalyardError {
  readonly path: string
  readonly reason: string
  readonly line: number | undefined
  readonly column: number | undefined

  /** @param options `more`: further faults to list. `unlisted`: the number of faults beyond those. */
  constructor(
    fault: FlagFileFault,
    options: ErrorOptions & { readonly more?: readonly FlagFileFault[]; readonly unlisted?: number } = {},
  ) {
    const { path, reason, line, column } = fault
    const { more = [], unlisted = 0 } = options
    const lines = [fault, ...more].map(printFault)
    if (unlisted > 0) lines.push(`${path}: ${unlisted} more`)
    super('FLAG_FILE', lines.join('\n'), options)
    this.path = path
    this.reason = reason
    this.line = line
    this.column = column
  }
}

function printFault({ path, reason, line, column }: FlagFileFault): string {
  const place = [path, line, column].filter((part) => part !== undefined).join(':')
  return `${place}: ${reason}`
}

/** Returns the error for a file or folder that the system cannot read. */
export function unreadable(path: string, cause: NodeJS.ErrnoException): FlagFileError {
  const { code, message } = cause
  const limit = code === 'EMFILE' || code === 'ENFILE' ? `${OPEN_FILE_LIMITS[code]} (${code})` : undefined
  const reason =
    code === 'EISDIR' ? 'is a directory; name a file in it' : `cannot be read: ${limit ?? message}`
  return new FlagFileError({ path, reason }, { cause })
}

/** Returns a {@link FlagFileError} as an error of a source. Throws any other error again, because it is a defect. */
export function asSourceError(error: unknown): SourceError {
  if (error instanceof FlagFileError) return { kind: 'invalid_data', message: error.message }
  throw error
}

export function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const lines = text.slice(0, offset).split('\n')
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
}
