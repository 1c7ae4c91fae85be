import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { HttpHeaders } from '../../transport/transport.ts'
import type { RequestSpan } from '../telemetry/tracing.ts'

/** A payload as it is sent to the service, except for the credential. */
export interface EventPayload {
  readonly events: number
  readonly body: Uint8Array
  readonly headers: HttpHeaders
  /** The span of the request that brought it. */
  readonly span?: RequestSpan
}

const KEPT: ReadonlySet<string> = new Set(['content-type', 'user-agent'])

/** Not of the service: it is addressed to the relay, which summarizes these events. */
const UNSUMMARIZED = 'x-launchdarkly-unsummarized'

/** Returns whether a payload is forwarded unchanged. Otherwise its SDK leaves summaries to the relay. */
export function isCurrent(received: IncomingHttpHeaders): boolean {
  return Number(received['x-launchdarkly-event-schema'] ?? 1) >= 3 && received[UNSUMMARIZED] === undefined
}

/** Returns the headers of a request that are forwarded: those that identify the SDK and the payload. */
export function forwardedHeaders(received: IncomingHttpHeaders): HttpHeaders {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(received)) {
    const isKept = KEPT.has(name) || (name.startsWith('x-launchdarkly-') && name !== UNSUMMARIZED)
    if (isKept && typeof value === 'string') headers[name] = value
  }
  return headers
}

/** Returns a payload with the headers of its request. A payload without an id receives one, so that a retry is recognized. */
export function payloadOf(
  { events, gzipped }: { readonly events: number; readonly gzipped: Uint8Array },
  received: HttpHeaders,
): EventPayload {
  return {
    events,
    body: gzipped,
    headers: {
      'content-type': 'application/json',
      'x-launchdarkly-payload-id': randomUUID(),
      ...received,
      'content-encoding': 'gzip',
    },
  }
}

/** Memory of a payload beside its body and headers, in bytes. */
export const OVERHEAD_BYTES = 1_024

/** Returns the memory that a payload takes, in bytes. Without headers and overhead, many empty payloads would take too much. */
export function sizeOf({ body, headers }: EventPayload): number {
  const text = Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  return body.length + text + OVERHEAD_BYTES
}
