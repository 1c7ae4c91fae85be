import { OPEN_FILE_LIMITS } from '../model/error-text.ts'
import { HalyardError } from '../model/errors.ts'
import type { SourceError } from '../model/source-result.ts'

/** One error in a flag file, with its place if the parser knows it. Lines and columns count from 1. */
export interface FlagFileFault {
  readonly path: string
  /** The member of the content, for example `flags.checkout.rules[0]`. */
  readonly member?: string
  readonly reason: string
  readonly line?: number
  readonly column?: number
}

/** The most faults in one message. */
const MAX_LISTED = 20

/** A flag file that cannot be read or is invalid. The message has a line `path:line:column: reason` for each of the first 20 faults. */
export class FlagFileError extends HalyardError {
  readonly path: string
  readonly reason: string
  readonly line: number | undefined
  readonly column: number | undefined

  /** All faults. The other members describe the first one. */
  readonly faults: readonly FlagFileFault[]

  /** @param options `more`: further faults. */
  constructor(
    fault: FlagFileFault,
    options: ErrorOptions & { readonly more?: readonly FlagFileFault[] } = {},
  ) {
    const { path, line, column } = fault
    const faults = [fault, ...(options.more ?? [])]
    const lines = faults.slice(0, MAX_LISTED).map(printFault)
    if (faults.length > MAX_LISTED) lines.push(`${path}: ${faults.length - MAX_LISTED} more`)
    super('FLAG_FILE', lines.join('\n'), options)
    this.path = path
    this.reason = reasonAt(fault)
    this.line = line
    this.column = column
    this.faults = faults
  }
}

/** Returns the file with line and column, as far as they are known. */
export function printPlace({ path, line, column }: FlagFileFault): string {
  return [path, line, column].filter((part) => part !== undefined).join(':')
}

/** Returns the reason with the member before it. */
export function reasonAt({ member, reason }: FlagFileFault): string {
  return member === undefined ? reason : `${member}: ${reason}`
}

/** Returns a fault as one line. */
export function printFault(fault: FlagFileFault): string {
  return `${printPlace(fault)}: ${reasonAt(fault)}`
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

export interface TextPlace {
  readonly line: number
  readonly column: number
}

/** Returns a function that converts offsets in the text. It searches the text for line breaks once, at its first call. */
export function placesIn(text: string): (offset: number) => TextPlace {
  let starts: readonly number[] | undefined
  return (offset) => {
    starts ??= [0, ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)]
    let line = 1
    let end = starts.length + 1
    while (end - line > 1) {
      const middle = (line + end) >>> 1
      if ((starts[middle - 1] as number) <= offset) line = middle
      else end = middle
    }
    return { line, column: offset - (starts[line - 1] as number) + 1 }
  }
}
