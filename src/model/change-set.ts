import type { Selector } from '../selector/selector.ts'
import type { Flag, Segment } from './flag.ts'

/** What a store holds under a key. */
export interface Item {
  readonly key: string
  /** The version inside the object; the envelope's where the object has none (D11). */
  readonly version: number
  readonly object: Flag | Segment
}

export interface PutChange extends Item {
  readonly op: 'put'
  readonly kind: 'flag' | 'segment'
}

export interface DeleteChange {
  readonly op: 'delete'
  readonly kind: 'flag' | 'segment'
  readonly key: string
  readonly version: number
}

export type Change = PutChange | DeleteChange

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

/** Keys whose value differs from what readers saw before; of flags, also those reached through others. */
export interface ChangedKeys {
  readonly flags: ReadonlySet<string>
  readonly segments: ReadonlySet<string>
}

/**
 * A view of memory: the object held under a key at this moment, never to be changed. A source sees there what it has said
 * as soon as it is asked for its next result.
 */
export type ItemLookup = (kind: ItemKind, key: string) => object | undefined

/** The kinds of object a data system holds. Anything else on the wire is skipped. */
export const KINDS = ['flag', 'segment'] as const

export type ItemKind = (typeof KINDS)[number]

export function isKind(value: unknown): value is ItemKind {
  return value === 'flag' || value === 'segment'
}

/** A transaction that has become visible, and where the data stands after it. */
export interface Applied {
  readonly changeSet: AppliedChangeSet
  readonly selector: Selector | undefined
  /** What the service calls the environment, where it has said so. */
  readonly environmentId?: string
}

/** Something downstream of memory that is told of each transaction, in order: a server, a database. */
export interface Sink {
  accept(applied: Applied): void
}

/** Everything held at one moment; never changes. Maps keep the order of arrival. */
export interface Snapshot {
  readonly flags: ReadonlyMap<string, Item>
  readonly segments: ReadonlyMap<string, Item>
  readonly selector: Selector | undefined
}
