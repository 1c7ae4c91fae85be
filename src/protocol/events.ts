import type { JsonObject } from '../model/json.ts'
import type { Directive } from '../model/source-result.ts'

/** The events of FDv2, and our extension `patch-object`. Other events are ignored, and their data is not parsed (D13). */
export const EVENT_NAMES = [
  'server-intent',
  'put-object',
  'delete-object',
  'patch-object',
  'payload-transferred',
  'goodbye',
  'error',
] as const

export type EventName = (typeof EVENT_NAMES)[number]

const known: ReadonlySet<string> = new Set(EVENT_NAMES)

export function isEventName(name: string): name is EventName {
  return known.has(name)
}

/** The kind of payload that follows: a full payload, a delta to the basis, or nothing because the basis is current. */
export type IntentCode = 'xfer-full' | 'xfer-changes' | 'none'

export interface WireEvent {
  readonly event: EventName
  readonly data: unknown
}

export const PATHS = { poll: '/sdk/poll', stream: '/sdk/stream' } as const

/** The response header with the heartbeat interval of a Halyard server's stream, in milliseconds (D23). */
export const HEARTBEAT_HEADER = 'x-halyard-heartbeat-ms'

/**
 * The request header by which a client accepts patches. With the value `patch-object`, a Halyard server sends a JSON Patch
 * (RFC 6902) against the object at the basis if that is shorter: `{ kind, key, version, patch }` (D19).
 */
export const ACCEPT_HEADER = 'x-halyard-accept'

/** Returns the FDv1 directive of response headers: `true` in upper or lower case, on any status (D8). */
export function directiveOf(headers: Readonly<Record<string, string>>): Directive | undefined {
  if (headers['x-ld-fd-fallback']?.trim().toLowerCase() !== 'true') return undefined
  const ttl = headers['x-ld-fd-fallback-ttl']?.trim() ?? ''
  return /^\d+$/.test(ttl) ? { ttlSeconds: Number(ttl) } : {}
}

/** Returns the FDv1 directive of a goodbye event, which consists of a number of seconds. */
export function directiveOfGoodbye({ protocolFallbackTTL: ttl }: JsonObject): Directive | undefined {
  return typeof ttl === 'number' ? { ttlSeconds: Math.trunc(ttl) } : undefined
}
