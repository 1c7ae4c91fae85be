import type { JsonObject } from '../model/json.ts'
import type { Directive } from '../model/source-result.ts'

/** The words of FDv2, shared by the side that reads and the side that writes; `patch-object` is our own. */

/** Events whose data is parsed. Any other name is ignored and its data never looked at (D13). */
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

/** What follows: everything, a delta upon the basis, or nothing because the basis is current. */
export type IntentCode = 'xfer-full' | 'xfer-changes' | 'none'

export interface WireEvent {
  readonly event: EventName
  readonly data: unknown
}

/** Paths of the service, and of whatever stands in for it. */
export const PATHS = { poll: '/sdk/poll', stream: '/sdk/stream' } as const

/** Announces how often an idle Halyard server sends a sign of life on a stream, in milliseconds (D23). */
export const HEARTBEAT_HEADER = 'x-halyard-heartbeat-ms'

/**
 * With `patch-object` as its value, asks a Halyard server to send how an object differs from the one at the basis, where
 * that is shorter: `{ kind, key, version, patch }`, the patch as of RFC 6902 (D19).
 */
export const ACCEPT_HEADER = 'x-halyard-accept'

/** The order to use FDv1, as response headers give it: `true` in any case, on any status (D8). */
export function directiveOf(headers: Readonly<Record<string, string>>): Directive | undefined {
  if (headers['x-ld-fd-fallback']?.trim().toLowerCase() !== 'true') return undefined
  const ttl = headers['x-ld-fd-fallback-ttl']?.trim() ?? ''
  return /^\d+$/.test(ttl) ? { ttlSeconds: Number(ttl) } : {}
}

/** The same order inside a goodbye: the presence of a number is the order. */
export function directiveOfGoodbye({ protocolFallbackTTL: ttl }: JsonObject): Directive | undefined {
  return typeof ttl === 'number' ? { ttlSeconds: Math.trunc(ttl) } : undefined
}
