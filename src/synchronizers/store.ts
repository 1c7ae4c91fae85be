import { Backoff } from '../async/backoff.ts'
import type { Clock } from '../async/clock.ts'
import { onWake } from '../async/freeze-detection.ts'
import { untilAborted, withDeadline } from '../async/signals.ts'
import { sleep } from '../async/sleep.ts'
import { readSidecar } from '../layout/sidecar.ts'
import { reasonOf } from '../model/error-text.ts'
import type { ChangeFeed, PersistentStore, Row, RowName, StoredData } from '../model/persistent-store.ts'
import type { SourceResult } from '../model/source-result.ts'
import { ReportedChanges, StoreCopy, type StoreDifference } from './store-copy.ts'
import type { Synchronizer } from './synchronizer.ts'

export interface StoreSynchronizerOptions {
  readonly store: PersistentStore
  readonly feed: ChangeFeed
  /** Time between two reads of the whole database, in milliseconds. */
  readonly intervalMs: number
  /** Nothing is read until this resolves. */
  readonly startAfter: Promise<void>
  /** Called with the rows that cannot be decoded, each time they change. */
  readonly onQuarantine: (rows: readonly RowName[]) => void
  readonly clock: Clock
  readonly random: () => number
}

/** Longest wait until the feed is connected, in milliseconds. A read after that misses no change. */
const FEED_CONNECT_MS = 1_000
const READ_TIMEOUT_MS = 30_000
const RETRY_MS = 1_000
/** Shortest time between two reads of the whole database, in milliseconds, whatever the feed reports. */
const MIN_INTERVAL_MS = 1_000
const EMPTY_INTERVAL_MS = 5_000

/**
 * Reads all rows of a database, then the rows that its feed reports as changed. Reads all rows again at an interval,
 * because some writers do not report changes (D18).
 */
export function storeSynchronizer(options: StoreSynchronizerOptions): Synchronizer {
  const { store, feed, startAfter, clock, random } = options
  return {
    name: 'store',
    availability: 'cached',
    async *sync(_basis, signal): AsyncGenerator<SourceResult> {
      await untilAborted(startAfter, signal).catch(() => undefined)
      const changes = new ReportedChanges(clock)
      const listening = changes.listen(feed, signal)
      // Reports may have been lost while the process was frozen.
      const undoWake = onWake({ clock, random }, () => changes.requireReadAllNow())
      try {
        await changes.wait(FEED_CONNECT_MS, signal)
        const reader = new StoreReader(options)
        const backoff = new Backoff({ clock, random, baseMs: RETRY_MS })
        while (!signal.aborted) {
          const isFull = changes.requiresReadAll || reader.dueInMs <= 0
          if (isFull) await sleep(clock, reader.blockedMs, signal)
          const names = changes.takeRows()
          try {
            yield* isFull ? await reader.readAll(signal) : await reader.read(names, signal)
            backoff.succeeded()
          } catch (error) {
            if (signal.aborted) break
            changes.requireReadAll()
            const retryInMs = reader.failed(backoff.failed())
            yield { type: 'interrupted', error: failure(store, reasonOf(error)), retryInMs }
          }
          await changes.wait(reader.dueInMs, signal)
        }
        await listening
      } finally {
        undoWake()
      }
    },
  }
}

/** Reads rows, and computes when all of them have to be read again. */
class StoreReader {
  readonly #options: StoreSynchronizerOptions
  readonly #copy = new StoreCopy()
  #quarantine = this.#copy.unreadable
  #isEmpty = false
  #dueAt = -Infinity
  #blockedUntil = -Infinity

  constructor(options: StoreSynchronizerOptions) {
    this.#options = options
  }

  get dueInMs(): number {
    return this.#dueAt - this.#options.clock.monotonic()
  }

  get blockedMs(): number {
    return this.#blockedUntil - this.#options.clock.monotonic()
  }

  /** Schedules the next read after a failure. Returns the time until then, in milliseconds: at most the interval. */
  failed(retryMs: number): number {
    return this.#schedule(Math.min(retryMs, this.#options.intervalMs))
  }

  async readAll(parent: AbortSignal): Promise<SourceResult[]> {
    const { store, clock, intervalMs } = this.#options
    const stored = await withDeadline(clock, READ_TIMEOUT_MS, parent, (signal) => store.readAll(signal))
    const wasEmpty = this.#isEmpty
    this.#isEmpty = isEmpty(stored)
    this.#schedule(this.#isEmpty ? Math.min(intervalMs, EMPTY_INTERVAL_MS) : intervalMs)
    if (!this.#isEmpty) {
      const savedAt = readSidecar(stored.sidecar)?.savedAt
      return this.#resultsOf(await this.#copy.replace(stored.rows, clock), savedAt)
    }
    // Reported once, although the database is read often.
    return wasEmpty ? [] : [{ type: 'interrupted', error: failure(store, 'it holds no data') }]
  }

  async read(names: readonly RowName[], parent: AbortSignal): Promise<SourceResult[]> {
    const { store, clock } = this.#options
    if (names.length === 0) return []
    const rows = await withDeadline(clock, READ_TIMEOUT_MS, parent, (signal) => {
      const read = async (name: RowName): Promise<readonly [RowName, Row | undefined]> => {
        return [name, await store.get(name.kind, name.key, signal)]
      }
      return Promise.all(names.map(read))
    })
    return this.#resultsOf(this.#copy.amend(rows))
  }

  #resultsOf({ changeSet, unreadable }: StoreDifference, savedAt?: number): SourceResult[] {
    const quarantine = this.#copy.unreadable
    if (quarantine !== this.#quarantine) this.#options.onQuarantine([...quarantine.values()])
    this.#quarantine = quarantine
    const skipped = unreadable.map(({ key, reason }) => ({ type: 'skipped', key, reason }) as const)
    return [...skipped, { type: 'changeSet', changeSet, ...(savedAt !== undefined && { savedAt }) }]
  }

  #schedule(ms: number): number {
    const now = this.#options.clock.monotonic()
    this.#blockedUntil = now + MIN_INTERVAL_MS
    this.#dueAt = now + ms
    return ms
  }
}

function isEmpty({ initialized, rows }: StoredData): boolean {
  return !initialized && rows.length === 0
}

function failure(
  { name }: PersistentStore,
  message: string,
): { readonly kind: 'store_error'; readonly message: string } {
  return { kind: 'store_error', message: `${name}: ${message}` }
}
