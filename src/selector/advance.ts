import type { Selector } from './selector.ts'

/** The part of a change set that determines the next selector. */
export interface Transfer {
  readonly type: 'full' | 'partial' | 'none'
  readonly selector?: Selector
}

/**
 * Returns the selector after a transfer. A full payload replaces the selector, a delta moves an existing one, and `none` keeps
 * it. A delta neither sets the first selector nor moves one of another scope, because the data it builds on is not in
 * memory.
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
