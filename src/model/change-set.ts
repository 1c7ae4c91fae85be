import type { Selector } from '../selector/selector.ts'
import type { Flag } from './flag.ts'
import type { Segment } from './segment.ts'

/** What a store holds under a key. */
export interface Item {
  readonly key: string
  /** The version inside the object; the envelope's where the object has none (D11). */
  readonly version: number
  readonly object: Flag | Segment
}

export interface Put extends Item {
  readonly op: 'put'
  readonly kind: 'flag' | 'segment'
}

export interface Delete {
  readonly op: 'delete'
  readonly kind: 'flag' | 'segment'
  readonly key: string
  readonly version: number
}

export type Change = Put | Delete

/** Everything there is: replaces what was held. Without a selector it is data nobody can resume from. */
export interface FullChangeSet {
  readonly type: 'full'
  readonly changes: readonly Change[]
  readonly selector?: Selector
}

/** A delta upon what is held, in order; the last change of a key wins. */
export interface PartialChangeSet {
  readonly type: 'partial'
  readonly changes: readonly Change[]
  readonly selector?: Selector
}

/** Confirms that what is held is current. */
export interface NoChangeSet {
  readonly type: 'none'
}

/** One transaction: visible all at once or not at all. */
export type ChangeSet = FullChangeSet | PartialChangeSet | NoChangeSet

/** A change set that has something to apply. */
export type AppliedChangeSet = FullChangeSet | PartialChangeSet
