import type { Context, ContextWithoutKind } from './context.ts'
import type { ErrorKind, Reason } from './detail.ts'

/** The error codes of OpenFeature that an evaluation can have. */
type OpenFeatureErrorCode =
  | 'PROVIDER_NOT_READY'
  | 'FLAG_NOT_FOUND'
  | 'TYPE_MISMATCH'
  | 'PARSE_ERROR'
  | 'TARGETING_KEY_MISSING'
  | 'INVALID_CONTEXT'
  | 'GENERAL'

/** The error of an evaluation, in the terms of OpenFeature. */
export interface OpenFeatureFailure {
  readonly code: OpenFeatureErrorCode
  readonly message: string
}

/** The details of a reason other than its kind. */
export interface ReasonMetadata {
  readonly [name: string]: string | number | boolean
}

/** Returns the details of a reason, under the names of LaunchDarkly's own providers. */
export function reasonMetadata(variationIndex: number | null, reason: Reason): ReasonMetadata {
  if (reason.kind === 'ERROR') return {}
  const { kind: _, ...details } = reason
  return { ...(variationIndex !== null && { variationIndex }), ...details }
}

/** Returns the failure of an evaluation for a valid context. */
export function evaluationFailure(errorKind: Exclude<ErrorKind, 'USER_NOT_SPECIFIED'>): OpenFeatureFailure {
  switch (errorKind) {
    case 'CLIENT_NOT_READY':
      return { code: 'PROVIDER_NOT_READY', message: 'there is no flag data yet' }
    case 'FLAG_NOT_FOUND':
      return { code: 'FLAG_NOT_FOUND', message: 'the flag does not exist' }
    case 'WRONG_TYPE':
      return { code: 'TYPE_MISMATCH', message: 'the value of the flag has a different type' }
    case 'MALFORMED_FLAG':
      return { code: 'PARSE_ERROR', message: 'the flag is malformed' }
    case 'EXCEPTION':
      return { code: 'GENERAL', message: 'the evaluation failed; see the log for the reason' }
    default:
      return errorKind satisfies never
  }
}

/** Returns the failure of an evaluation for an invalid context: a key is missing, or a kind is wrong. */
export function contextFailure(context: Context): OpenFeatureFailure {
  return lacksKey(context)
    ? { code: 'TARGETING_KEY_MISSING', message: 'each context needs a targetingKey' }
    : { code: 'INVALID_CONTEXT', message: 'the kind of the context is not valid' }
}

function lacksKey(context: Context): boolean {
  if (context.kind !== 'multi') return context.key === ''
  return Object.values(context).some((part) => (part as Partial<ContextWithoutKind>).key === '')
}
