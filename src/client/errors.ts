import { HalyardError } from '../model/errors.ts'
import type { SourceErrorKind } from '../model/source-result.ts'
import type { DataSourceStatus } from '../model/status.ts'

/** The failure of a data source: the argument of `error` listeners, and the `cause` of a {@link NoSourceLeftError}. */
export class SourceFailureError extends HalyardError {
  /** The name of the source, for example `streaming`. */
  readonly source: string
  /** The kind of failure. */
  readonly kind: SourceErrorKind
  /** HTTP status of the response, if the server responded with an error status. */
  readonly status: number | undefined

  constructor({ source, kind, status, message }: NonNullable<DataSourceStatus['lastError']>) {
    super('SOURCE_FAILED', `${source}: ${message}`)
    this.source = source
    this.kind = kind
    this.status = status
  }
}

/** The argument of `failed` listeners: there is no data, and every source has failed permanently. */
export class NoSourceLeftError extends HalyardError {
  constructor(lastError: DataSourceStatus['lastError']) {
    const cause = lastError && new SourceFailureError(lastError)
    super('NO_SOURCE_LEFT', `no source is left that could bring data${cause ? `; ${cause.message}` : ''}`, {
      cause,
    })
  }
}
