import { ErrorCode, type FlagMetadata, type ResolutionDetails } from '@openfeature/server-sdk'
import type { Context, ContextWithoutKind } from '../evaluation/context.ts'
import type { Detail, ErrorKind, Reason } from '../evaluation/detail.ts'
import type { DataSourceStatus } from '../model/status.ts'

interface Failure {
  readonly errorCode: ErrorCode
  readonly errorMessage: string
}

/** Converts an evaluation for OpenFeature. Reason, variant and metadata have the same form as in LaunchDarkly's own providers. */
export function toResolution<T>(detail: Detail<T>, context: Context): ResolutionDetails<T> {
  const { value, variationIndex, reason } = detail
  return {
    value,
    reason: reason.kind,
    ...(variationIndex !== null && { variant: String(variationIndex) }),
    flagMetadata: metadataOf(variationIndex, reason),
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

/** Returns the details of a reason, under the names of LaunchDarkly's own providers. */
function metadataOf(variationIndex: number | null, reason: Reason): FlagMetadata {
  if (reason.kind === 'ERROR') return {}
  const { kind: _, ...details } = reason
  return { ...(variationIndex !== null && { variationIndex }), ...details }
}

/** Returns true if a key is missing. Otherwise the context is invalid because of its kind. */
function lacksKey(context: Context): boolean {
  if (context.kind !== 'multi') return context.key === ''
  return Object.values(context).some((part) => (part as Partial<ContextWithoutKind>).key === '')
}

function failureOf(errorKind: ErrorKind, context: Context): Failure {
  switch (errorKind) {
    case 'CLIENT_NOT_READY':
      return { errorCode: ErrorCode.PROVIDER_NOT_READY, errorMessage: 'there is no flag data yet' }
    case 'FLAG_NOT_FOUND':
      return { errorCode: ErrorCode.FLAG_NOT_FOUND, errorMessage: 'the flag does not exist' }
    case 'WRONG_TYPE':
      return {
        errorCode: ErrorCode.TYPE_MISMATCH,
        errorMessage: 'the value of the flag has a different type',
      }
    case 'MALFORMED_FLAG':
      return { errorCode: ErrorCode.PARSE_ERROR, errorMessage: 'the flag is malformed' }
    case 'USER_NOT_SPECIFIED':
      return lacksKey(context)
        ? { errorCode: ErrorCode.TARGETING_KEY_MISSING, errorMessage: 'each context needs a targetingKey' }
        : { errorCode: ErrorCode.INVALID_CONTEXT, errorMessage: 'the kind of the context is not valid' }
    case 'EXCEPTION':
      return {
        errorCode: ErrorCode.GENERAL,
        errorMessage: 'the evaluation failed; see the log for the reason',
      }
    default:
      return errorKind satisfies never
  }
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
