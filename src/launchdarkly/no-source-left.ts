import type { SourceError } from '../model/source-result.ts'

/** No source of flag data is left that works. What an SDK is told then; the data system tries them again later. */
export class NoSourceLeft extends Error {
  /** The HTTP status of the last failure, where there was one: the SDK explains a 401 by this name. */
  readonly code: number | undefined

  constructor(lastError: SourceError | undefined) {
    super(`no source of flag data is left${lastError ? `: ${lastError.message}` : ''}`)
    this.name = 'NoSourceLeft'
    this.code = lastError?.status
  }
}
