import type { BigSegmentMembership } from '../model/big-segment-store.ts'

interface MembershipCacheOptions {
  /** Maximum number of entries. */
  readonly maxEntries: number
  /** Age at which an entry expires, in milliseconds. */
  readonly maxAgeMs: number
}

interface CachedAnswer {
  readonly membership: BigSegmentMembership
  /** The name of the context in the store. */
  readonly hash: string
}

interface Entry extends CachedAnswer {
  readonly expiresAt: number
}

/**
 * An LRU cache of memberships by context key. Reading an entry makes it the most recently used one, but does not extend its
 * age: otherwise the membership of a context that is evaluated often would never be queried again.
 */
export class MembershipCache {
  readonly #options: MembershipCacheOptions
  readonly #entries = new Map<string, Entry>()

  constructor(options: MembershipCacheOptions) {
    this.#options = options
  }

  /** @param now - monotonic time in milliseconds. */
  get(contextKey: string, now: number): BigSegmentMembership | undefined {
    const entry = this.#entries.get(contextKey)
    if (entry === undefined) return undefined
    this.#entries.delete(contextKey)
    if (now >= entry.expiresAt) return undefined
    this.#entries.set(contextKey, entry)
    return entry.membership
  }

  /** @param now - monotonic time of the answer, in milliseconds. */
  set(contextKey: string, answer: CachedAnswer, now: number): void {
    const { maxEntries, maxAgeMs } = this.#options
    this.#entries.delete(contextKey)
    this.#entries.set(contextKey, { ...answer, expiresAt: now + maxAgeMs })
    if (this.#entries.size > maxEntries) this.#entries.delete(this.#entries.keys().next().value as string)
  }
  /** Removes the entries of these hashes, or all entries. */
  forget(hashes: ReadonlySet<string> | 'all'): void {
    if (hashes === 'all') this.#entries.clear()
    else for (const [key, { hash }] of this.#entries) if (hashes.has(hash)) this.#entries.delete(key)
  }
}
