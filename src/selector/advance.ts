import type { Selector } from './selector.ts'

/** As much of a change set as decides where the selector moves. */
export interface Transfer {
  readonly type: 'full' | 'partial' | 'none'
  readonly selector?: Selector
}

/**
 * The selector after a transfer. A full payload replaces it, a delta moves one that exists, `none` keeps it.
 * A delta never sets the first selector, nor moves one of another scope: what it was built upon is not here, so the
 * claim would be false.
 */
export function advance(current: Selector | undefined, transfer: Transfer): Selector | undefined {
  switch (transfer.type) {
    case 'full':
      return transfer.selector
    case 'partial':
      return current && current.scope === transfer.selector?.scope ? transfer.selector : undefined
    case 'none':
      return current
    default:
      return transfer.type satisfies never
  }
}
