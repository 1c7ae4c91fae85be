import { Backoff } from '../async/backoff.ts'
import type { Clock } from '../async/clock.ts'
import { onWake } from '../async/freeze-detection.ts'
import { untilAborted, withDeadline } from '../async/signals.ts'
import { sleep } from '../async/sleep.ts'
import { readSidecar } from '../layout/sidecar.ts'
import { reasonOf } from '../model/error-text.ts'
import type { ChangeFeed, PersistentStore, Row, RowName, StoredData } from '../model/persistent-store.ts'
import type { SourceResult } from '../model/source-result.ts'
import { type News, StoreChanges, StoreCopy } from './store-copy.ts'
import type { Synchronizer } from './synchronizer.ts'

export interface StoreSynchronizerOptions {
  readonly store: PersistentStore
  readonly feed: ChangeFeed
  /** How often to look without being told, milliseconds. */
  readonly intervalMs: number
  /** Nothing is read before this resolves. */
  readonly wanted: Promise<void>
  /** Told which rows cannot be read, each time that changed. */
  readonly quarantined: (rows: readonly RowName[]) => void
  readonly clock: Clock
  readonly random: () => number
}

/** Longest wait for a word of the feed: what is read after listening began misses nothing. */
const FEED_MS = 1_000
/** Longest wait for what a database holds. */
const READ_MS = 30_000
/** After a failure, how long until the next try; twice as long after each. */
const RETRY_MS = 1_000
/** However much is told, everything is read once in this time at most. */
const REST_MS = 1_000
/** An empty database may be filled any moment. */
const VACANT_MS = 5_000

/**
 * Everything a database holds; what changes, when it tells; and everything again at intervals, because not every writer
 * tells (D18).
 */
export function storeSynchronizer(options: StoreSynchronizerOptions): Synchronizer {
  const { store, feed, wanted, clock, random } = options
  return {
    name: 'store',
    availability: 'cached',
    async *sync(_basis, signal): AsyncGenerator<SourceResult> {
      await untilAborted(wanted, signal).catch(() => undefined)
      const news = new StoreChanges(clock)
      const listening = news.listen(feed, signal)
      // What the database told while the process was frozen may be lost.
      const undoWake = onWake({ clock, random }, () => news.doubtNow())
      try {
        await news.wait(FEED_MS, signal)
        const reading = new Reading(options)
        const backoff = new Backoff({ clock, random, baseMs: RETRY_MS })
        while (!signal.aborted) {
          const everything = news.everything || reading.dueInMs <= 0
          if (everything) await sleep(clock, reading.restMs, signal)
          const keys = news.take()
          try {
            yield* everything ? await reading.everything(signal) : await reading.some(keys, signal)
            backoff.succeeded()
          } catch (error) {
            if (signal.aborted) break
            news.doubt()
            const retryInMs = reading.failed(backoff.failed())
            yield { type: 'interrupted', error: failure(store, reasonOf(error)), retryInMs }
          }
          await news.wait(reading.dueInMs, signal)
        }
        await listening
      } finally {
        undoWake()
      }
    },
  }
}

/** What was read, and when everything is to be read again. */
class Reading {
  readonly #options: StoreSynchronizerOptions
  readonly #copy = new StoreCopy()
  #quarantine = this.#copy.unreadable
  #vacant = false
  #dueAt = -Infinity
  #restsUntil = -Infinity

  constructor(options: StoreSynchronizerOptions) {
    this.#options = options
  }

  /** How long until everything is read without being told. */
  get dueInMs(): number {
    return this.#dueAt - this.#options.clock.monotonic()
  }

  /** How long until everything may be read, whoever tells. */
  get restMs(): number {
    return this.#restsUntil - this.#options.clock.monotonic()
  }

  /** Everything is to be read again after so long, or at the next look if that is sooner. Answers which it is. */
  failed(retryMs: number): number {
    return this.#rest(Math.min(retryMs, this.#options.intervalMs))
  }

  async everything(parent: AbortSignal): Promise<SourceResult[]> {
    const { store, clock, intervalMs } = this.#options
    const stored = await withDeadline(clock, READ_MS, parent, (signal) => store.readAll(signal))
    const wasVacant = this.#vacant
    this.#vacant = isVacant(stored)
    this.#rest(this.#vacant ? Math.min(intervalMs, VACANT_MS) : intervalMs)
    if (!this.#vacant) {
      const savedAt = readSidecar(stored.sidecar)?.savedAt
      return this.#tell(await this.#copy.replace(stored.rows, clock), savedAt)
    }
    // Said once: it is looked at often.
    return wasVacant ? [] : [{ type: 'interrupted', error: failure(store, 'it holds no data') }]
  }

  async some(names: readonly RowName[], parent: AbortSignal): Promise<SourceResult[]> {
    const { store, clock } = this.#options
    if (names.length === 0) return []
    const rows = await withDeadline(clock, READ_MS, parent, (signal) => {
      const read = async (name: RowName): Promise<readonly [RowName, Row | undefined]> => {
        return [name, await store.get(name.kind, name.key, signal)]
      }
      return Promise.all(names.map(read))
    })
    return this.#tell(this.#copy.amend(rows))
  }

  #tell({ changeSet, unreadable }: News, savedAt?: number): SourceResult[] {
    const quarantine = this.#copy.unreadable
    if (quarantine !== this.#quarantine) this.#options.quarantined([...quarantine.values()])
    this.#quarantine = quarantine
    const skipped = unreadable.map(({ key, reason }) => ({ type: 'skipped', key, reason }) as const)
    return [...skipped, { type: 'changeSet', changeSet, ...(savedAt !== undefined && { savedAt }) }]
  }

  #rest(ms: number): number {
    const now = this.#options.clock.monotonic()
    this.#restsUntil = now + REST_MS
    this.#dueAt = now + ms
    return ms
  }
}

function isVacant({ initialized, rows }: StoredData): boolean {
  return !initialized && rows.length === 0
}

function failure(
  { name }: PersistentStore,
  message: string,
): { readonly kind: 'store_error'; readonly message: string } {
  return { kind: 'store_error', message: `${name}: ${message}` }
}
