import type { Selector } from '../selector/selector.ts'
import type { Flag, Segment } from './flag.ts'

/** A flag or segment in a store. */
export interface Item {
  readonly key: string
  /** The version in the object, or that of the envelope if the object has none (D11). */
  readonly version: number
  readonly object: Flag | Segment
}

/** Sets a flag or segment. */
export interface PutChange extends Item {
  readonly op: 'put'
  readonly kind: 'flag' | 'segment'
}

/**
 * A put that was received. A class, because V8 allocates the objects of a literal in the old generation once enough of them
 * have lived long, where replaced ones keep their flags alive until a full collection (decision 58).
 */
export class ReceivedPut implements PutChange {
  readonly op = 'put'
  readonly kind: ItemKind
  readonly key: string
  readonly version: number
  readonly object: Flag | Segment

  constructor(kind: ItemKind, { key, version, object }: Item) {
    this.kind = kind
    this.key = key
    this.version = version
    this.object = object
  }
}

/** Deletes a flag or segment. */
export interface DeleteChange {
  readonly op: 'delete'
  readonly kind: 'flag' | 'segment'
  readonly key: string
  readonly version: number
}

export type Change = PutChange | DeleteChange

/** A full payload: replaces all data. A source cannot resume from data without a selector. */
export interface FullChangeSet {
  readonly type: 'full'
  readonly changes: readonly Change[]
  readonly selector?: Selector
}

/** A delta to the data in memory, in order. The last change of a key wins. */
export interface PartialChangeSet {
  readonly type: 'partial'
  readonly changes: readonly Change[]
  readonly selector?: Selector
}

/** The confirmation that the data in memory is current. */
export interface NoChangeSet {
  readonly type: 'none'
}

/** One transaction: either all of its changes are visible to readers or none. */
export type ChangeSet = FullChangeSet | PartialChangeSet | NoChangeSet

export type AppliedChangeSet = FullChangeSet | PartialChangeSet

/** Keys whose value has changed for readers. Includes flags that depend on a changed flag or segment. */
export interface ChangedKeys {
  readonly flags: ReadonlySet<string>
  readonly segments: ReadonlySet<string>
}

/**
 * Returns the object that memory holds under a key at this moment. Callers must not modify it. The changes that a source
 * has yielded are visible to it when its next result is requested.
 */
export type ItemLookup = (kind: ItemKind, key: string) => object | undefined

/** The kinds of object in a data system. Objects of other kinds are skipped. */
export const KINDS = ['flag', 'segment'] as const

export type ItemKind = (typeof KINDS)[number]

export function isKind(value: unknown): value is ItemKind {
  return value === 'flag' || value === 'segment'
}

/** A transaction that readers can see, and the selector after it. */
export interface Applied {
  readonly changeSet: AppliedChangeSet
  readonly selector: Selector | undefined
  readonly environmentId?: string
}

/** A receiver of each applied transaction, in order, for example a server or the mirror of a database. */
export interface Sink {
  accept(applied: Applied): void
}

/** An immutable copy of all data at one moment. The maps keep the order of arrival. */
export interface Snapshot {
  readonly flags: ReadonlyMap<string, Item>
  readonly segments: ReadonlyMap<string, Item>
  readonly selector: Selector | undefined
}
