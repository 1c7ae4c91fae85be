import type { JsonObject } from '../model/json.ts'
import type { Directive } from '../model/source-result.ts'

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
