import type { Logger } from '../../model/logger.ts'

/** Something that happened, before it is written down in any form. */
export interface LogLine {
  readonly level: keyof Logger
  readonly message: string
  /** The name of the environment it is about. Absent: the relay as a whole. */
  readonly environment?: string
}

export type WriteLine = (line: LogLine) => void
