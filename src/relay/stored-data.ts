import type { Clock } from '../async/clock.ts'
import { sleep } from '../async/sleep.ts'
import type { DataSystem } from '../datasystem/data-system.ts'
import type { PutChange, Sink, Snapshot } from '../model/change-set.ts'
import { reasonOf } from '../model/error-text.ts'
import type { Logger } from '../model/logger.ts'
import type { Listing } from '../store/lazy/cached-listing.ts'

export interface StoredDataOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly intervalMs: number
  readonly sink: Sink
  readonly onChange: () => void
}

const MIN_INTERVAL_MS = 1_000

/** Serves the data of the database until the data system has data from the service. */
export class StoredData {
  readonly #dataSystem: DataSystem
  readonly #options: StoredDataOptions
  readonly #life = new AbortController()
  #snapshot: Snapshot | undefined
  #lastError = ''

  constructor(dataSystem: DataSystem, options: StoredDataOptions) {
    this.#dataSystem = dataSystem
    this.#options = options
  }

  get snapshot(): Snapshot | undefined {
    return this.#snapshot
  }

  /** Reads once, and then at each interval. */
  async begin(): Promise<void> {
    await this.#read()
    this.#poll().catch((error: unknown) =>
      this.#options.logger.error(`the database is no longer read: ${reasonOf(error)}`),
    )
  }

  close(): void {
    this.#life.abort()
  }

  async #poll(): Promise<void> {
    const { clock, intervalMs } = this.#options
    while (this.#dataSystem.lazy && !this.#life.signal.aborted) {
      await sleep(clock, Math.max(intervalMs, MIN_INTERVAL_MS), this.#life.signal)
      await this.#read()
    }
    this.#snapshot = undefined
  }

  /** Reads the database. If that fails, the data that was read before stays in use. */
  async #read(): Promise<void> {
    const { lazy } = this.#dataSystem
    try {
      if (!lazy || !(await lazy.ready())) return
      const listing = await lazy.all()
      if (this.#dataSystem.lazy !== lazy) return
      this.#snapshot = { flags: listing.flag, segments: listing.segment, selector: undefined }
      this.#options.sink.accept({
        changeSet: { type: 'full', changes: putsOf(listing) },
        selector: undefined,
      })
      this.#options.onChange()
      this.#lastError = ''
    } catch (error) {
      const message = reasonOf(error)
      if (this.#life.signal.aborted || message === this.#lastError) return
      this.#lastError = message
      this.#options.logger.warn(
        `could not read the database: ${message}; data that was read before stays in use`,
      )
    }
  }
}

function putsOf({ flag, segment }: Listing): PutChange[] {
  return [
    ...Array.from(flag.values(), (item): PutChange => ({ op: 'put', kind: 'flag', ...item })),
    ...Array.from(segment.values(), (item): PutChange => ({ op: 'put', kind: 'segment', ...item })),
  ]
}
