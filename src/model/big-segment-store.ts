import type { StoreContext } from './persistent-store.ts'

/**
 * A database with the members of big segments, as LaunchDarkly's Relay Proxy writes it. It connects at the first call. Each call
 * rejects if it fails or its signal aborts.
 */
export interface BigSegmentStore {
  /** Location for messages, without credentials. */
  readonly name: string
  /** Returns the time of the last synchronization. */
  metadata(signal: AbortSignal): Promise<BigSegmentMetadata>
  /** Returns the big segments that list a context. The hash is the SHA-256 of the context key, in Base64. */
  membership(hash: string, signal: AbortSignal): Promise<BigSegmentMembership>
  /** Closes the connections that this store opened. A client that was passed in stays open. */
  close(): Promise<void>
}

/** The state of a database of big segments. */
export interface BigSegmentMetadata {
  /** Time of the last synchronization, in milliseconds since the Unix epoch. `undefined` if there was none. */
  readonly synchronizedOn: number | undefined
}

/**
 * The big segments that list a context: true if they include it, false if they exclude it. The keys are references, which
 * consist of segment key and generation, for example `beta.g4`.
 */
export type BigSegmentMembership = ReadonlyMap<string, boolean>

/** The description of a store of big segments, and a method to open it. */
export interface BigSegmentStoreDescription {
  /** The type of database, for example `redis`. */
  readonly type: string
  /** The prefix of the rows. */
  readonly prefix: string
  /**
   * Opens the store without connecting. If an optional package is not installed, the first call fails.
   *
   * @internal
   */
  openBigSegments(context: StoreContext): BigSegmentStore
}

/** Returns a membership from two lists of references. A reference in both is included. */
export function membershipOf(included: Iterable<string>, excluded: Iterable<string>): BigSegmentMembership {
  const membership = new Map<string, boolean>()
  for (const reference of excluded) membership.set(reference, false)
  for (const reference of included) membership.set(reference, true)
  return membership
}
