import type { Clock } from '../../async/clock.ts'
import { ClosedError } from '../../model/errors.ts'
import type { ChangeFeed, PersistentStore, StoreChange, StoreUse } from '../../model/persistent-store.ts'
import type { ItemReader } from '../dependents.ts'
import type { StoreMonitor } from '../store-monitor.ts'
import type { Listing } from './cached-listing.ts'
import { CachingReader } from './caching-reader.ts'
import { LazyView } from './lazy-view.ts'
import { CachedBoolean } from './single-flight.ts'

export interface LazyReadsOptions extends Required<Pick<StoreUse, 'cacheTtlMs' | 'staleOnErrorMs'>> {
  readonly store: PersistentStore
  readonly feed: ChangeFeed
  readonly monitor: StoreMonitor
  /**
   * `marker`: nothing is served before some writer has finished, because data of a service is still to come (D22).
   * `open`: the database is all there is, marker or not (D18).
   */
  readonly gate: 'marker' | 'open'
  /**
   * When memory will hold everything. `with the service`: as soon as a service has spoken. `soon`: as soon as the database
   * was read. `on demand`: not before somebody wants to be told of changes.
   */
  readonly fills: 'with the service' | 'soon' | 'on demand'
  readonly clock: Clock
  readonly random: () => number
}

interface SnapshotFacts {
  readonly initialized: boolean
  readonly savedAt: number | undefined
}

/** An empty database may be filled any moment. */
const EMPTY_TTL_MS = 5_000

/** Who begins to listen any later may have missed something. */
const FEED_START_MS = 1_000

/** Reads straight from a database: what an evaluation needs, when it needs it. */
export class LazyReads {
  readonly #options: LazyReadsOptions
  readonly #controller = new AbortController()
  readonly #reader: CachingReader
  readonly #marker: CachedBoolean
  readonly #vacancy: CachedBoolean
  #savedAt: number | undefined

  constructor(options: LazyReadsOptions) {
    const { store, cacheTtlMs: ttlMs } = options
    const { signal } = this.#controller
    this.#options = options
    this.#reader = new CachingReader({ ...options, ttlMs, signal })
    this.#marker = new CachedBoolean({
      ...options,
      ttlMs,
      signal,
      ask: (inTime) => store.initialized(inTime),
    })
    this.#vacancy = new CachedBoolean({
      ...options,
      ttlMs: Math.min(ttlMs, EMPTY_TTL_MS),
      signal,
      ask: async (inTime) => {
        const isVacant = !(await store.initialized(inTime)) && (await store.readAll(inTime)).rows.length === 0
        // Not every writer tells of its writes, so what was read as absent is asked for again.
        if (!isVacant && this.#vacancy.last) this.#reader.invalidate({ type: 'replaced' })
        return isVacant
      },
    })
  }

  get fills(): LazyReadsOptions['fills'] {
    return this.#options.fills
  }

  /** Shows in the status of the store that an evaluation could not wait for reads. */
  noteUnansweredSync(): void {
    this.#options.monitor.update({ unansweredSync: true })
  }

  /** Whether there is anything to evaluate with. Rejects with a {@link StoreError} when nobody can tell. */
  ready(): boolean | Promise<boolean> {
    return this.#options.gate === 'open' || this.#marker.get()
  }

  /** Whether reads were found to be answered with data. */
  get hasData(): boolean {
    if (this.#options.gate === 'marker') return this.#marker.last === true
    return this.#vacancy.last === false || this.#reader.hasFoundItem
  }

  /** Takes what another read has shown: whether the marker is there, and when a writer saved the data, if it says so. */
  adopt({ initialized, savedAt }: SnapshotFacts): void {
    this.#marker.set({ answer: initialized })
    this.#savedAt = savedAt
  }

  /** Milliseconds since a writer saved the data, as far as is known. */
  get ageMs(): number | undefined {
    const savedAt = this.#savedAt
    return savedAt === undefined ? undefined : Math.max(0, this.#options.clock.now() - savedAt)
  }

  /** What one evaluation is to see. */
  view(): LazyView {
    return new LazyView(this.#reader)
  }

  /** Everything. Rejects with a {@link StoreError}. */
  all(): Promise<Listing> {
    return this.#reader.all()
  }

  /** Whether nothing at all is there: then an unknown flag is one of a database nobody has filled yet. */
  isEmpty(): boolean | Promise<boolean> {
    return this.#vacancy.get()
  }

  /** What was read so far. */
  cachedItems(): ItemReader {
    return this.#reader.cachedItems()
  }

  /** Listens for changes, so that they are seen at once and not after the TTL; without them the TTL is the rule. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.close(), { once: true })
    const { clock, feed } = this.#options
    const begunBy = clock.monotonic() + FEED_START_MS
    let first = true
    for await (const change of feed.changes(this.#controller.signal)) {
      // That listening has begun, and at once, changes nothing: what was read before is younger than a moment.
      const begins = first && change.type === 'replaced' && clock.monotonic() < begunBy
      first = false
      if (!begins) this.#hear(change)
    }
  }

  #hear(change: StoreChange): void {
    this.#reader.invalidate(change)
    if (change.type !== 'interrupted') this.#vacancy.invalidate()
    if (change.type === 'replaced') this.#marker.invalidate()
  }

  /** Ends every question that is still open: reads reject from then on. */
  close(): void {
    this.#controller.abort(new ClosedError())
  }
}
