import type { HttpHeaders } from '../../transport/transport.ts'
import type { EventMemory } from './event-memory.ts'
import { OVERHEAD_BYTES } from './payload.ts'
import type { ReceivedBody } from './read-body.ts'

/** The schema of the events in the address of an image. */
const IMAGE_SCHEMA = '3'

/** Returns the events that the parameter `d` has in Base64, as the body of a post. */
export function imageBody(query: string, memory: EventMemory): ReceivedBody {
  // A plus in the query is a plus of Base64, although forms write a space so.
  const text = new URLSearchParams(query.replaceAll('+', '%2B')).get('d') ?? ''
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length === 0) return { type: 'empty' }
  const reserved = bytes.length + OVERHEAD_BYTES
  return memory.take(reserved) ? { type: 'complete', bytes, reserved } : { type: 'noRoom' }
}

/** Returns the headers of a post in place of those of a request for an image. */
export function imageHeaders({ 'content-type': _, ...headers }: HttpHeaders): HttpHeaders {
  return { ...headers, 'x-launchdarkly-event-schema': IMAGE_SCHEMA }
}

/** A transparent GIF of one pixel. */
export const PIXEL: Uint8Array = Buffer.from(
  'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7',
  'base64',
)
