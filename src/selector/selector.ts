/**
 * Where a copy of the data stands in the history of its environment: the token the server gave with the
 * data, echoed back as the `basis` of a request. `state` is opaque and never parsed.
 */
export interface Selector {
  readonly state: string
  /** The payload version that came with the state; for people to read, never compared. */
  readonly version: number
  /** Set only for sources that opted out of sharing a basis (`selectorScope`); see D12 in docs/spec/data.md. */
  readonly scope?: string
}

/** Whether two selectors, or their absence, name the same state. */
export function sameSelector(a: Selector | undefined, b: Selector | undefined): boolean {
  return a?.state === b?.state && a?.scope === b?.scope
}
