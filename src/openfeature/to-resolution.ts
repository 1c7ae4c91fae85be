import { ErrorCode, type ResolutionDetails } from '@openfeature/server-sdk'
import type { Context } from '../evaluation/context.ts'
import type { Detail, ErrorKind } from '../evaluation/detail.ts'
import { contextFailure, evaluationFailure, reasonMetadata } from '../evaluation/openfeature-result.ts'
import type { DataSourceStatus } from '../model/status.ts'

/** Converts an evaluation for OpenFeature. Reason, variant and metadata have the same form as in LaunchDarkly's own providers. */
export function toResolution<T>(detail: Detail<T>, context: Context): ResolutionDetails<T> {
  const { value, variationIndex, reason } = detail
  return {
    value,
    reason: reason.kind,
    ...(variationIndex !== null && { variant: String(variationIndex) }),
    flagMetadata: reasonMetadata(variationIndex, reason),
    ...(reason.kind === 'ERROR' && failureOf(reason.errorKind, context)),
  }
}

/** Returns an error with the default value if the value is a scalar. Objects, arrays and `null` count as objects in OpenFeature. */
export function onlyObjects<T>(detail: Detail, defaultValue: T): Detail<T> {
  const { value, variationIndex } = detail
  if (variationIndex !== null && typeof value !== 'object') return failed(defaultValue, 'WRONG_TYPE')
  return { ...detail, value: value as T }
}

/** Returns the details of a failed evaluation. */
export function failed<T>(value: T, errorKind: ErrorKind): Detail<T> {
  return { value, variationIndex: null, reason: { kind: 'ERROR', errorKind } }
}

function failureOf(
  errorKind: ErrorKind,
  context: Context,
): Pick<ResolutionDetails<unknown>, 'errorCode' | 'errorMessage'> {
  const { code, message } =
    errorKind === 'USER_NOT_SPECIFIED' ? contextFailure(context) : evaluationFailure(errorKind)
  return { errorCode: ErrorCode[code], errorMessage: message }
}

export const NO_SOURCE = 'no source is left that could bring flag data'

interface FailedStatus {
  readonly lastError?: { readonly source: string; readonly message: string }
}

/** Returns a message, followed by the most recent failure if there was one. */
export function withLastError(message: string, { lastError }: FailedStatus): string {
  return lastError ? `${message}; ${lastError.source}: ${lastError.message}` : message
}

/** Returns the reason why the data is not current. */
export function explain(status: DataSourceStatus): string {
  const { state, since, source, lastError } = status
  if (state === 'off') return withLastError(NO_SOURCE, status)
  // The status keeps the last error after a recovery, and a goodbye interrupts without an error.
  if (lastError && lastError.at >= since) return `${lastError.source}: ${lastError.message}`
  return state === 'initializing' ? 'no source has confirmed the data yet' : `${source} was interrupted`
}
