import type { Clock } from '../../async/clock.ts'
import { ClosedError } from '../../model/errors.ts'
import type { ChangeFeed, PersistentStore, StoreChange, StoreUse } from '../../model/persistent-store.ts'
import type { ItemReader } from '../dependents.ts'
import type { StoreMonitor } from '../store-monitor.ts'
import type { Listing } from './cached-listing.ts'
import { CachingReader } from './caching-reader.ts'
import { CacheReader, LazyView } from './lazy-view.ts'
import { CachedBoolean } from './single-flight.ts'

export interface LazyReadsOptions extends Required<Pick<StoreUse, 'cacheTtlMs' | 'staleOnErrorMs'>> {
  readonly store: PersistentStore
  readonly feed: ChangeFeed
  readonly monitor: StoreMonitor
  /**
   * `marker`: reads begin when the database has its marker, because a service is also connected (D22).
   * `open`: reads begin at once, because the database is the only source (D18).
   */
  readonly gate: 'marker' | 'open'
  /**
   * The time at which memory holds all data. `with the service`: after the first payload of a service. `soon`: after the
   * first read of the whole database. `on demand`: when the application subscribes to changes.
   */
  readonly fills: 'with the service' | 'soon' | 'on demand'
  readonly clock: Clock
  readonly random: () => number
}

interface SnapshotFacts {
  readonly initialized: boolean
  readonly savedAt: number | undefined
}

/** Longest TTL of the answer that the database is empty, in milliseconds. */
const EMPTY_TTL_MS = 5_000

/** If the feed starts later than this, changes before its start may have been missed, in milliseconds. */
const FEED_START_MS = 1_000

export class LazyReads {
  readonly #options: LazyReadsOptions
  readonly #controller = new AbortController()
  readonly #reader: CachingReader
  readonly #cacheReader: CacheReader
  readonly #marker: CachedBoolean
  readonly #empty: CachedBoolean
  #savedAt: number | undefined

  constructor(options: LazyReadsOptions) {
    const { store, cacheTtlMs: ttlMs } = options
    const { signal } = this.#controller
    this.#options = options
    this.#reader = new CachingReader({ ...options, ttlMs, signal })
    this.#cacheReader = new CacheReader(this.#reader)
    this.#marker = new CachedBoolean({
      ...options,
      ttlMs,
      signal,
      ask: (inTime) => store.initialized(inTime),
    })
    this.#empty = new CachedBoolean({
      ...options,
      ttlMs: Math.min(ttlMs, EMPTY_TTL_MS),
      signal,
      ask: async (inTime) => {
        const isEmpty = !(await store.initialized(inTime)) && (await store.readAll(inTime)).rows.length === 0
        // Not every writer announces its writes, so cached absent rows are expired.
        if (!isEmpty && this.#empty.last) this.#reader.invalidate({ type: 'replaced' })
        return isEmpty
      },
    })
  }

  get fills(): LazyReadsOptions['fills'] {
    return this.#options.fills
  }

  noteUnansweredSync(): void {
    this.#options.monitor.update({ unansweredSync: true })
  }

  /** Returns true if evaluations may read. Rejects with a {@link StoreError} if the database does not answer. */
  ready(): boolean | Promise<boolean> {
    return this.#options.gate === 'open' || this.#marker.get()
  }

  get hasData(): boolean {
    if (this.#options.gate === 'marker') return this.#marker.last === true
    return this.#empty.last === false || this.#reader.hasFoundItem
  }

  /** Adopts what another read found: whether the marker exists, and when the data was saved. */
  adopt({ initialized, savedAt }: SnapshotFacts): void {
    this.#marker.set({ answer: initialized })
    this.#savedAt = savedAt
  }

  /** Time since a writer saved the data, in milliseconds; `undefined` if unknown. */
  get ageMs(): number | undefined {
    const savedAt = this.#savedAt
    return savedAt === undefined ? undefined : Math.max(0, this.#options.clock.now() - savedAt)
  }

  view(): LazyView {
    return new LazyView(this.#reader)
  }

  /** Returns the reader of cached items for one evaluation; `undefined` if the marker must be read before. */
  cacheReader(): CacheReader | undefined {
    if (this.#options.gate !== 'open') return undefined
    this.#cacheReader.reset()
    return this.#cacheReader
  }

  all(): Promise<Listing> {
    return this.#reader.all()
  }

  /** Returns true if the database has neither a marker nor rows: then no writer has run yet. */
  isEmpty(): boolean | Promise<boolean> {
    return this.#empty.get()
  }

  cachedItems(): ItemReader {
    return this.#reader.cachedItems()
  }

  /** Follows the change feed, so that changes take effect at once and not after the TTL. Ends when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.close(), { once: true })
    const { clock, feed } = this.#options
    const startBy = clock.monotonic() + FEED_START_MS
    let first = true
    for await (const change of feed.changes(this.#controller.signal)) {
      // A feed that starts at once begins with `replaced`. It expires nothing, because no entry is older than the
      // start.
      const isStart = first && change.type === 'replaced' && clock.monotonic() < startBy
      first = false
      if (!isStart) this.#invalidate(change)
    }
  }

  #invalidate(change: StoreChange): void {
    this.#reader.invalidate(change)
    if (change.type !== 'interrupted') this.#empty.invalidate()
    if (change.type === 'replaced') this.#marker.invalidate()
  }

  close(): void {
    this.#controller.abort(new ClosedError())
  }
}
