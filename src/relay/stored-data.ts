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
  /** How long what was read is believed, milliseconds. */
  readonly intervalMs: number
  /** Is told of what was read. */
  readonly sink: Sink
  readonly onChange: () => void
}

/** The database is not asked more often than this, whatever it is believed. */
const MIN_INTERVAL_MS = 1_000

/** What the database holds, for as long as no service has said anything better. */
export class StoredData {
  readonly #dataSystem: DataSystem
  readonly #options: StoredDataOptions
  readonly #life = new AbortController()
  #snapshot: Snapshot | undefined
  #complaint = ''

  constructor(dataSystem: DataSystem, options: StoredDataOptions) {
    this.#dataSystem = dataSystem
    this.#options = options
  }

  get snapshot(): Snapshot | undefined {
    return this.#snapshot
  }

  /** Reads once, and from then on whenever what was read has had its time. */
  async begin(): Promise<void> {
    await this.#read()
    this.#readOn().catch((error: unknown) =>
      this.#options.logger.error(`the database is not read any more: ${reasonOf(error)}`),
    )
  }

  close(): void {
    this.#life.abort()
  }

  async #readOn(): Promise<void> {
    const { clock, intervalMs } = this.#options
    while (this.#dataSystem.lazy && !this.#life.signal.aborted) {
      await sleep(clock, Math.max(intervalMs, MIN_INTERVAL_MS), this.#life.signal)
      await this.#read()
    }
    this.#snapshot = undefined
  }

  /** What cannot be read leaves what was read before in force. */
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
      this.#complaint = ''
    } catch (error) {
      const message = reasonOf(error)
      if (this.#life.signal.aborted || message === this.#complaint) return
      this.#complaint = message
      this.#options.logger.warn(`what the database holds cannot be read: ${message}`)
    }
  }
}

function putsOf({ flag, segment }: Listing): PutChange[] {
  return [
    ...Array.from(flag.values(), (item): PutChange => ({ op: 'put', kind: 'flag', ...item })),
    ...Array.from(segment.values(), (item): PutChange => ({ op: 'put', kind: 'segment', ...item })),
  ]
}
