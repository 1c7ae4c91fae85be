import type { IncomingMessage } from 'node:http'
import { isJsonObject, tryParse } from '../model/json.ts'
import { BodyTooLongError, InvalidDataError, readText } from '../transport/body.ts'

/** An event as an SDK sent it. Private attributes are already left out. */
export interface ReceivedEvent {
  /** The kind, for example `feature`, `custom`, `summary` or `diagnostic-init`. */
  readonly kind: string
  /** A further member, which depends on the kind of event. */
  readonly [member: string]: unknown
}

/** A request to a service that receives events. */
export interface EventsRequest {
  readonly method: string
  readonly path: string
  /** The header `content-encoding`. */
  readonly encoding: string | undefined
  readonly body: AsyncIterable<Uint8Array>
}

/** The events of a request, or the reason for which it is refused. */
export type ReceivedPayload =
  | { readonly type: 'events' | 'diagnostic'; readonly events: readonly ReceivedEvent[] }
  | { readonly type: 'refused'; readonly status: 400 | 404 | 405 | 413; readonly message: string }

const MAX_BODY_BYTES = 16 * 1024 * 1024

/** Returns whether an SDK sends events or diagnostics to this path. */
export function isEventPath(path: string): boolean {
  return path.endsWith('/bulk') || path.endsWith('/diagnostic')
}

/** Returns the request as {@link receivePayload} takes it. */
export function eventsRequestOf(request: IncomingMessage, path: string): EventsRequest {
  return {
    method: request.method ?? '',
    path,
    encoding: request.headers['content-encoding'],
    // A body that is left unread does not break the connection: Node detaches its socket.
    body: request,
  }
}

/** Reads the events of a request, plain or gzipped. Rejects only if the connection breaks. */
export async function receivePayload({
  method,
  path,
  encoding,
  body,
}: EventsRequest): Promise<ReceivedPayload> {
  if (!isEventPath(path)) return refused(404, 'the path is neither /bulk nor /diagnostic')
  if (method !== 'POST') return refused(405, 'events must be sent by POST')
  const headers = { ...(encoding !== undefined && { 'content-encoding': encoding }) }
  const reading = readText({ status: 200, headers, body }, MAX_BODY_BYTES)
  try {
    let step = await reading.next()
    while (!step.done) step = await reading.next()
    return payloadOf(path, tryParse(step.value))
  } catch (error) {
    if (!(error instanceof InvalidDataError)) throw error
    return refused(error instanceof BodyTooLongError ? 413 : 400, error.message)
  }
}

function payloadOf(path: string, value: unknown): ReceivedPayload {
  if (value === undefined) return refused(400, 'the body is not JSON')
  if (path.endsWith('/diagnostic'))
    return isEvent(value)
      ? { type: 'diagnostic', events: [value] }
      : refused(400, 'a diagnostic must be an object with a kind')
  return Array.isArray(value) && value.every(isEvent)
    ? { type: 'events', events: value }
    : refused(400, 'events must be an array of objects with a kind')
}

function refused(status: 400 | 404 | 405 | 413, message: string): ReceivedPayload {
  return { type: 'refused', status, message }
}

function isEvent(value: unknown): value is ReceivedEvent {
  return isJsonObject(value) && typeof value.kind === 'string'
}
