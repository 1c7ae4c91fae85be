import type { Selector } from './selector.ts'

/**
 * The selector a source of this scope may echo: a token of another scope would mean nothing to its server. A source
 * knows only its own scope, so it is not told of any.
 */
export function basisFor(held: Selector | undefined, scope: string | undefined): Selector | undefined {
  return held && held.scope === scope ? { state: held.state, version: held.version } : undefined
}

/** Adds `basis` to a URL, percent-encoded; without a selector the server sends everything. */
export function withBasis(url: string, basis: Selector | undefined): string {
  if (!basis) return url
  return `${url}${url.includes('?') ? '&' : '?'}basis=${encodeURIComponent(basis.state.toWellFormed())}`
}
