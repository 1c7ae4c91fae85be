import { HalyardError } from '../model/errors.ts'
import type { SourceErrorKind } from '../model/source-result.ts'
import type { DataSourceStatus } from '../model/status.ts'

/** A source of data failed; told to listeners of `error`, and the cause of what listeners of `failed` are told. */
export class SourceFailureError extends HalyardError {
  readonly source: string
  readonly kind: SourceErrorKind
  /** HTTP status, where the server answered with one that is an error. */
  readonly status: number | undefined

  constructor({ source, kind, status, message }: NonNullable<DataSourceStatus['lastError']>) {
    super('SOURCE_FAILED', `${source}: ${message}`)
    this.source = source
    this.kind = kind
    this.status = status
  }
}

/** No source is left that could bring data, and there is none. */
export class NoSourceLeftError extends HalyardError {
  constructor(lastError: DataSourceStatus['lastError']) {
    const cause = lastError && new SourceFailureError(lastError)
    super('NO_SOURCE_LEFT', `no source is left that could bring data${cause ? `; ${cause.message}` : ''}`, {
      cause,
    })
  }
}
