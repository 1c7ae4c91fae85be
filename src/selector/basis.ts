import type { Selector } from './selector.ts'

/** The selector a source of this scope may echo: a token of another scope would mean nothing to its server. */
export function basisFor(held: Selector | undefined, scope: string | undefined): Selector | undefined {
  return held?.scope === scope ? held : undefined
}

/** Adds `basis` to a URL, percent-encoded; without a selector the server sends everything. */
export function withBasis(url: string, basis: Selector | undefined): string {
  if (!basis) return url
  return `${url}${url.includes('?') ? '&' : '?'}basis=${encodeURIComponent(basis.state)}`
}
