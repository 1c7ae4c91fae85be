/**
 * The position of a copy of the data in the history of its environment: the token that the server sent with the data, and
 * that requests return to it as `basis`. `state` is opaque and never parsed.
 */
export interface Selector {
  /** The token of the server. It is opaque: compare it, but do not parse it. */
  readonly state: string
  /** The payload version that came with the state, for logs. It is never compared. */
  readonly version: number
  /** The scope of a source that does not share its basis (option `selectorScope`, rule D12). */
  readonly scope?: string
}

/** Compares state and scope. Two absent selectors are the same. */
export function sameSelector(a: Selector | undefined, b: Selector | undefined): boolean {
  return a?.state === b?.state && a?.scope === b?.scope
}
