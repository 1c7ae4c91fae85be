import type { BigSegmentStore } from './big-segment-store.ts'

/**
 * A change of the members of one big segment, which leads from one version of the big segments of an environment to the next.
 * Several patches may have the same version; all but the first of them then begin at that version too.
 */
export interface BigSegmentPatch {
  /** The reference of the segment, for example `beta.g4`. */
  readonly reference: string
  readonly version: string
  readonly previousVersion: string
  readonly included: MemberLists
  readonly excluded: MemberLists
}

/** Members as hashes: the SHA-256 of the context key, in Base64. */
export interface MemberLists {
  readonly add: readonly string[]
  readonly remove: readonly string[]
}

/** One change of a patch. */
export interface MemberChange {
  readonly list: 'included' | 'excluded'
  readonly operation: 'add' | 'remove'
  readonly hash: string
}

/** Yields the changes of a patch in the order in which they must take effect. */
export function* memberChanges(patch: BigSegmentPatch): Generator<MemberChange, void, undefined> {
  for (const list of ['included', 'excluded'] as const) {
    for (const operation of ['add', 'remove'] as const) {
      for (const hash of patch[list][operation]) yield { list, operation, hash }
    }
  }
}

/**
 * `refused`: the database has another version than the caller expected, which is returned. A part of the changes may be
 * stored then, but the version is not.
 */
export type PatchResult =
  | { readonly type: 'applied' }
  | { readonly type: 'refused'; readonly version: string | undefined }

/**
 * Writes the members of big segments to a database, in the layout of LaunchDarkly's Relay Proxy. Several writers may share a
 * place. Calls must follow one another; each rejects with a {@link StoreError} if it fails or its signal aborts.
 */
export interface BigSegmentWriter {
  /** Location for messages, without credentials. */
  readonly name: string
  /** Returns the version of the stored members; `undefined` if none were written. */
  version(signal: AbortSignal): Promise<string | undefined>
  /**
   * Stores the changes of a patch and its version, if the database still has the expected version. A large patch is written in
   * parts, and its version with the last one, so that a repeated call completes an interrupted one. Each part is refused
   * if another writer has stored a version in the meantime.
   */
  apply(patch: BigSegmentPatch, expected: string | undefined, signal: AbortSignal): Promise<PatchResult>
  /** Stores the time of a synchronization, in milliseconds since the Unix epoch. */
  setSynchronizedOn(time: number, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** A database that a relay keeps current, and reads for its own evaluations. */
export interface BigSegmentDatabase {
  readonly reader: BigSegmentStore
  readonly writer: BigSegmentWriter
}
