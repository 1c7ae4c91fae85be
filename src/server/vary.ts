import type { ServerResponse } from 'node:http'

/**
 * Returns the value of `Vary` for an answer that depends on these request headers, and on those that the response names
 * already.
 */
export function varyOn(response: ServerResponse, ...names: readonly string[]): string {
  const present = response.getHeader('vary')
  return [...(present === undefined ? [] : [String(present)]), ...names].join(', ')
}
