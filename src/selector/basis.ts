import type { Selector } from './selector.ts'

/**
 * Returns the selector that a source with this scope may send as its basis; `undefined` if the held selector belongs to
 * another scope, because a server cannot use the token of another one. The result has no `scope`, which is of no use to
 * a source.
 */
export function basisFor(held: Selector | undefined, scope: string | undefined): Selector | undefined {
  return held && held.scope === scope ? { state: held.state, version: held.version } : undefined
}

/** Returns the URL with the query parameter `basis`, percent-encoded. Without a basis the server sends the full payload. */
export function withBasis(url: string, basis: Selector | undefined): string {
  if (!basis) return url
  return `${url}${url.includes('?') ? '&' : '?'}basis=${encodeURIComponent(basis.state.toWellFormed())}`
}
