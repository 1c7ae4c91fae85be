import { isUtf8 } from 'node:buffer'
import { canonicalKeyOf, type PreparedContext, readContext } from '../../evaluation/context.ts'
import { tryParse } from '../../model/json.ts'
import { isTextTooDeep, MAX_NESTING } from '../../model/nesting.ts'
import type { SdkRequest } from '../sdk-request.ts'
import { type BodyLimit, readBody } from './request-body.ts'

/**
 * Why a request for evaluated flags is not answered. `malformed`: its body or path cannot be parsed. `invalid`: it has no valid
 * context. `no key`: the context, or one of several, has no key.
 */
export type RefusalCause =
  | 'malformed'
  | 'invalid'
  | 'no key'
  | 'unknown key'
  | 'two keys'
  | 'not secure'
  | 'too long'
  | 'wrong type'
  | 'busy'
  | 'not ready'

/** A request that is answered with an error. */
export interface Refused {
  readonly type: 'refused'
  readonly cause: RefusalCause
  readonly message: string
}

/** The JSON text of a context, whose content has not been read. */
export interface ContextText {
  readonly type: 'text'
  readonly json: string
}

/** A valid context. */
export interface ReadContext {
  readonly type: 'context'
  readonly prepared: PreparedContext
  readonly canonicalKey: string
}

/** Base64 of either alphabet. Padding is optional. */
const BASE64 = /^[\w+/-]*={0,2}$/

const JSON_TYPE = /^application\/json\s*(?:;|$)/i

/** Returns the text of the context in the path or in the body of a request. Resolves with `undefined` if the client has left. */
export async function readContextText(
  { request, address }: Pick<SdkRequest, 'request' | 'address'>,
  limit: BodyLimit,
): Promise<ContextText | Refused | undefined> {
  if (address.context !== undefined) return decode(address.context)
  if (!JSON_TYPE.test(request.headers['content-type'] ?? ''))
    return refused('wrong type', 'the Content-Type of the body must be application/json')
  const body = await readBody(request, limit)
  switch (body.type) {
    case 'body':
      return textOf(body.bytes, 'the body')
    case 'too long':
      return refused('too long', `the body is longer than ${limit.maxBytes} bytes`)
    case 'busy':
      return refused('busy', 'too many requests with bodies are in progress')
    case 'gone':
      return undefined
    default:
      return body satisfies never
  }
}

function decode(context: string): ContextText | Refused {
  if (!BASE64.test(context)) return refused('malformed', 'the context in the path is not Base64')
  return textOf(Buffer.from(context, 'base64'), 'the context in the path')
}

function textOf(bytes: Buffer, place: string): ContextText | Refused {
  return isUtf8(bytes)
    ? { type: 'text', json: bytes.toString() }
    : refused('malformed', `${place} is not UTF-8`)
}

/** Parses the text of a context or of a legacy user. */
export function parseContext({ json }: ContextText): ReadContext | Refused {
  if (isTextTooDeep(json))
    return refused('malformed', `the context is nested deeper than ${MAX_NESTING} levels`)
  const value = tryParse(json)
  if (value === undefined) return refused('malformed', 'the context is not JSON')
  const prepared = readContext(value)
  if (typeof prepared === 'string') return refused('invalid', prepared)
  // Server SDKs accept a legacy user with an empty key, LaunchDarkly's Relay Proxy does not.
  if (prepared.key === '') return refused('no key', 'The key of the user is empty')
  return contextOf(prepared)
}

export function contextOf(prepared: PreparedContext): ReadContext {
  return { type: 'context', prepared, canonicalKey: canonicalKeyOf(prepared) }
}

export function refused(cause: RefusalCause, message: string): Refused {
  return { type: 'refused', cause, message }
}

export const NOT_READY: Refused = refused('not ready', 'the environment has no data yet')

export const BUSY: Refused = refused(
  'busy',
  'too many contexts are being evaluated, or too many answers wait for slow clients',
)

export const NOT_SECURE: Refused = refused(
  'not secure',
  'secure mode: the hash of the context is missing or is not that of this context by an SDK key of the environment',
)

/** Returns the HTTP status of a refusal for LaunchDarkly's SDKs. */
export function statusOf({ cause }: Refused): number {
  switch (cause) {
    case 'malformed':
    case 'invalid':
    case 'no key':
    case 'two keys':
    case 'not secure':
      return 400
    case 'unknown key':
      return 401
    case 'too long':
      return 413
    case 'wrong type':
      return 415
    case 'busy':
    case 'not ready':
      return 503
    default:
      return cause satisfies never
  }
}
