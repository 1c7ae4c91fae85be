import { createHash } from 'node:crypto'
import type { Clock } from '../async/clock.ts'
import { untilAborted, withDeadline } from '../async/signals.ts'
import type { BigSegmentsStatus } from '../evaluation/detail.ts'
import type { Membership, MembershipReader } from '../evaluation/run.ts'
import type { BigSegmentMembership, BigSegmentStore } from '../model/big-segment-store.ts'
import { reasonOf } from '../model/error-text.ts'
import { ClosedError } from '../model/errors.ts'
import type { Logger } from '../model/logger.ts'
import { WarnOnce } from '../model/warn-once.ts'
import { SingleFlight } from '../store/lazy/single-flight.ts'
import { MembershipCache } from './membership-cache.ts'
import type { BigSegmentsSettings } from './options.ts'
import { StatusPoll } from './status-poll.ts'
import type { BigSegmentStoreStatus } from './status-provider.ts'

export interface BigSegmentsParts {
  readonly store: BigSegmentStore
  readonly settings: Omit<BigSegmentsSettings, 'store'>
  readonly clock: Clock
  readonly logger: Logger
}

const NO_REFERENCES: BigSegmentMembership = new Map()

/** The membership if it cannot be queried: no segment lists the context, so that the rules of the segments decide. */
export const UNKNOWN_MEMBERSHIP: Membership = { references: NO_REFERENCES, status: 'STORE_ERROR' }

/** Longest time that closing a store may take, in milliseconds. */
const CLOSE_MS = 5_000

/** Answers which big segments list a context: from a cache, or from a store. */
export class BigSegments implements MembershipReader {
  readonly poll: StatusPoll
  readonly #parts: BigSegmentsParts
  readonly #cache: MembershipCache
  readonly #queries: SingleFlight
  readonly #closing = new AbortController()
  readonly #warned = new WarnOnce()
  #closed: Promise<void> | undefined

  constructor(parts: BigSegmentsParts) {
    const { settings, clock } = parts
    this.#parts = parts
    this.#cache = new MembershipCache(settings)
    this.#queries = new SingleFlight({ clock, signal: this.#closing.signal, pauseAfter: 'time-out' })
    this.poll = new StatusPoll({ ...settings, ...parts })
  }

  /** Returns the cached membership of a context key, with the current status of the store. */
  membership(contextKey: string): Membership | undefined {
    const references = this.#cache.get(contextKey, this.#parts.clock.monotonic())
    const status = this.poll.current
    return references && status && { references, status: statusOf(status) }
  }

  /** Queries the membership of a context key, or joins a query in progress. Never rejects. */
  async query(contextKey: string): Promise<Membership> {
    const { store, clock, logger } = this.#parts
    try {
      const references = await this.#queries.run(contextKey, async (flight) => {
        const hash = bigSegmentHash(contextKey)
        const membership = await store.membership(hash, flight.signal)
        if (flight.current) this.#cache.set(contextKey, { membership, hash }, clock.monotonic())
        return membership
      })
      this.#warned.reset()
      return { references, status: statusOf(await this.poll.required()) }
    } catch (error) {
      if (!this.#closing.signal.aborted && this.#warned.isFirst()) {
        logger.warn(
          `big segments: a query failed: ${reasonOf(error)}; the rules of the segments decide, and evaluations report ` +
            'STORE_ERROR (further failures are not logged until a query succeeds)',
        )
      }
      return UNKNOWN_MEMBERSHIP
    }
  }

  /** Forgets the memberships of these hashes, or all, because they have changed in the store. */
  forget(hashes: ReadonlySet<string> | 'all'): void {
    this.#cache.forget(hashes)
    // A query in progress may return the membership before the change.
    this.#queries.forgetAll()
  }

  /** Ends the polls and queries and closes the store. Memberships are answered from the cache until they expire. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    const { store, clock, logger } = this.#parts
    this.poll.close()
    this.#closing.abort(new ClosedError())
    try {
      await withDeadline(clock, CLOSE_MS, new AbortController().signal, (signal) =>
        untilAborted(store.close(), signal),
      )
    } catch (error) {
      logger.warn(`big segments: closing ${store.name} failed: ${reasonOf(error)}`)
    }
  }
}

/** Returns the name of a context in the store: the SHA-256 of its key in Base64. It is the same for all context kinds. */
export function bigSegmentHash(contextKey: string): string {
  return createHash('sha256').update(contextKey).digest('base64')
}

function statusOf({ available, stale }: BigSegmentStoreStatus): BigSegmentsStatus {
  if (!available) return 'STORE_ERROR'
  return stale ? 'STALE' : 'HEALTHY'
}
