import { isUtf8 } from 'node:buffer'
import { canonicalKeyOf, type PreparedContext, readContext } from '../../evaluation/context.ts'
import { tryParse } from '../../model/json.ts'
import { isTextTooDeep, MAX_NESTING } from '../../model/nesting.ts'
import type { SdkRequest } from '../sdk-request.ts'
import { type BodyLimit, readBody } from './request-body.ts'

/** A request that is answered with an error, because its context cannot be used. */
export interface Refused {
  readonly type: 'refused'
  readonly status: 400 | 413 | 415 | 503
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
    return refused(415, 'the Content-Type of the body must be application/json')
  const body = await readBody(request, limit)
  switch (body.type) {
    case 'body':
      return textOf(body.bytes, 'the body')
    case 'too long':
      return refused(413, `the body is longer than ${limit.maxBytes} bytes`)
    case 'busy':
      return refused(503, 'too many requests with bodies are in progress')
    case 'gone':
      return undefined
    default:
      return body satisfies never
  }
}

function decode(context: string): ContextText | Refused {
  if (!BASE64.test(context)) return refused(400, 'the context in the path is not Base64')
  return textOf(Buffer.from(context, 'base64'), 'the context in the path')
}

function textOf(bytes: Buffer, place: string): ContextText | Refused {
  return isUtf8(bytes) ? { type: 'text', json: bytes.toString() } : refused(400, `${place} is not UTF-8`)
}

/** Parses the text of a context or of a legacy user. */
export function parseContext({ json }: ContextText): ReadContext | Refused {
  if (isTextTooDeep(json)) return refused(400, `the context is nested deeper than ${MAX_NESTING} levels`)
  const value = tryParse(json)
  if (value === undefined) return refused(400, 'the context is not JSON')
  const prepared = readContext(value)
  if (typeof prepared === 'string') return refused(400, prepared)
  // Server SDKs accept a legacy user with an empty key, LaunchDarkly's Relay Proxy does not.
  if (prepared.key === '') return refused(400, 'The key of the user is empty')
  return { type: 'context', prepared, canonicalKey: canonicalKeyOf(prepared) }
}

function refused(status: Refused['status'], message: string): Refused {
  return { type: 'refused', status, message }
}
