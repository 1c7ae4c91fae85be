import { HalyardError } from '../../model/errors.ts'

/** What is wrong with an archive, and where. */
export interface ArchiveFault {
  /** The path of the archive. */
  readonly archive: string
  /** The file inside it that is at fault, where it is one. */
  readonly file?: string
  readonly reason: string
}

/**
 * An archive is refused as a whole. The message reads `archive: file: reason` and never holds a key: nothing that stands in
 * a file is repeated, and no error of a parser, which would repeat it, is its cause.
 */
export class ArchiveError extends HalyardError {
  readonly archive: string
  readonly file: string | undefined
  readonly reason: string

  constructor({ archive, file, reason }: ArchiveFault) {
    super('ARCHIVE', [archive, file, reason].filter((part) => part !== undefined).join(': '))
    this.archive = archive
    this.file = file
    this.reason = reason
  }
}
