import type { Selector } from '../selector/selector.ts'
import type { Flag, Segment } from './flag.ts'

/** The kind of an object: a flag or a segment. */
export type ItemKind = 'flag' | 'segment'

/** A flag or segment in a store. */
export interface Item {
  /** The key, unique within the kind. */
  readonly key: string
  /** The version in the object, or that of the envelope if the object has none. */
  readonly version: number
  /** The flag or segment in the format of the protocol. It must not be changed. */
  readonly object: Flag | Segment
}

/** Sets a flag or segment. */
export interface PutChange extends Item {
  readonly op: 'put'
  /** The kind of the object. */
  readonly kind: ItemKind
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
  /** The kind of the deleted object. */
  readonly kind: ItemKind
  /** The key of the deleted object. */
  readonly key: string
  /** The version of the deletion. It is greater than that of the deleted object. */
  readonly version: number
}

/** A change of one flag or segment. */
export type Change = PutChange | DeleteChange

/** A full payload: replaces all data. A source cannot resume from data without a selector. */
export interface FullChangeSet {
  readonly type: 'full'
  /** A put for each flag and segment. Whatever is not listed is deleted. */
  readonly changes: readonly Change[]
  /** The state of the data after the payload. Absent if the source has none, for example a file. */
  readonly selector?: Selector
}

/** A delta to the data in memory, in order. The last change of a key wins. */
export interface PartialChangeSet {
  readonly type: 'partial'
  /** The puts and deletes, in order. */
  readonly changes: readonly Change[]
  /** The state of the data after the delta. Absent: the state in memory stays. */
  readonly selector?: Selector
}

/** The confirmation that the data in memory is current. */
export interface NoChangeSet {
  readonly type: 'none'
}

/** One transaction: either all of its changes are visible to readers or none. */
export type ChangeSet = FullChangeSet | PartialChangeSet | NoChangeSet

/** A change set that changes the data. */
export type AppliedChangeSet = FullChangeSet | PartialChangeSet

/** Keys whose value has changed for readers. Includes flags that depend on a changed flag or segment. */
export interface ChangedKeys {
  /** The keys of flags whose value may have changed. */
  readonly flags: ReadonlySet<string>
  /** The keys of segments that have changed. */
  readonly segments: ReadonlySet<string>
}

/**
 * Returns the object that memory holds under a key at this moment. Callers must not modify it. The changes that a source
 * has yielded are visible to it when its next result is requested.
 */
export type ItemLookup = (kind: ItemKind, key: string) => object | undefined

/** The kinds of object in a data system. Objects of other kinds are skipped. */
export const KINDS: readonly ItemKind[] = ['flag', 'segment']

export function isKind(value: unknown): value is ItemKind {
  return value === 'flag' || value === 'segment'
}

/** A transaction that readers can see, and the selector after it. */
export interface Applied {
  /** The changes. */
  readonly changeSet: AppliedChangeSet
  /** The state of the data after the changes; `undefined` if it has none. */
  readonly selector: Selector | undefined
  /** The service's ID of the environment. Absent if the service sent none. */
  readonly environmentId?: string
}

/** A receiver of each applied transaction, in order, for example a server or the mirror of a database. */
export interface Sink {
  /** Called after readers can see the changes, in the same turn. It must not throw and should return at once. */
  accept(applied: Applied): void
}

/** An immutable copy of all data at one moment. The maps keep the order of arrival. */
export interface Snapshot {
  /** The flags by key. */
  readonly flags: ReadonlyMap<string, Item>
  /** The segments by key. */
  readonly segments: ReadonlyMap<string, Item>
  /** The state of the data; `undefined` if it has none. */
  readonly selector: Selector | undefined
}
