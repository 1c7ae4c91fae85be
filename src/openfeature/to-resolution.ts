import { ErrorCode, type FlagMetadata, type ResolutionDetails } from '@openfeature/server-sdk'
import type { Context, ContextWithoutKind } from '../evaluation/context.ts'
import type { Detail, ErrorKind, Reason } from '../evaluation/detail.ts'
import type { DataSourceStatus } from '../model/status.ts'

interface Failure {
  readonly errorCode: ErrorCode
  readonly errorMessage: string
}

/** What OpenFeature is told of an evaluation: reason, variant and metadata in the words of LaunchDarkly's own providers. */
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

/** Anything that is an object, `null` and arrays included, is what OpenFeature calls an object; a scalar is not. */
export function onlyObjects<T>(detail: Detail, defaultValue: T): Detail<T> {
  const { value, variationIndex } = detail
  if (variationIndex !== null && typeof value !== 'object') return failed(defaultValue, 'WRONG_TYPE')
  return { ...detail, value: value as T }
}

/** The answer where evaluation did not come to one. */
export function failed<T>(value: T, errorKind: ErrorKind): Detail<T> {
  return { value, variationIndex: null, reason: { kind: 'ERROR', errorKind } }
}

/** The particulars of a reason are scalars, under the names LaunchDarkly's own providers use. */
function metadataOf(variationIndex: number | null, reason: Reason): FlagMetadata {
  if (reason.kind === 'ERROR') return {}
  const { kind: _, ...particulars } = reason
  return { ...(variationIndex !== null && { variationIndex }), ...particulars }
}

/** Whether evaluation failed for want of a key, rather than for a kind that cannot be. */
function lacksKey(context: Context): boolean {
  if (context.kind !== 'multi') return context.key === ''
  return Object.values(context).some((part) => (part as Partial<ContextWithoutKind>).key === '')
}

function failureOf(errorKind: ErrorKind, context: Context): Failure {
  switch (errorKind) {
    case 'CLIENT_NOT_READY':
      return { errorCode: ErrorCode.PROVIDER_NOT_READY, errorMessage: 'there is no flag data yet' }
    case 'FLAG_NOT_FOUND':
      return { errorCode: ErrorCode.FLAG_NOT_FOUND, errorMessage: 'there is no such flag' }
    case 'WRONG_TYPE':
      return { errorCode: ErrorCode.TYPE_MISMATCH, errorMessage: 'the value of the flag has another type' }
    case 'MALFORMED_FLAG':
      return { errorCode: ErrorCode.PARSE_ERROR, errorMessage: 'the flag contradicts itself' }
    case 'USER_NOT_SPECIFIED':
      return lacksKey(context)
        ? { errorCode: ErrorCode.TARGETING_KEY_MISSING, errorMessage: 'each context needs a targetingKey' }
        : { errorCode: ErrorCode.INVALID_CONTEXT, errorMessage: 'the kind of the context is not valid' }
    case 'EXCEPTION':
      return { errorCode: ErrorCode.GENERAL, errorMessage: 'evaluation failed; the log says why' }
    default:
      return errorKind satisfies never
  }
}

export const NO_SOURCE = 'no source is left that could bring flag data'

interface Problem {
  readonly lastError?: { readonly source: string; readonly message: string }
}

/** What is wrong, with the most recent failure if there was one. */
export function because(what: string, { lastError }: Problem): string {
  return lastError ? `${what}; ${lastError.source}: ${lastError.message}` : what
}

/** What keeps data from being fresh. */
export function explain(status: DataSourceStatus): string {
  const { state, since, source, lastError } = status
  if (state === 'off') return because(NO_SOURCE, status)
  // The status keeps its last error after recovery, and a goodbye is an interruption without one.
  if (lastError && lastError.at >= since) return `${lastError.source}: ${lastError.message}`
  return state === 'initializing' ? 'no source has confirmed the data yet' : `${source} was interrupted`
}
