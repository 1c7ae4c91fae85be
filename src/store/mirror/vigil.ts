import type { Clock } from '../../async/clock.ts'
import { withDeadline } from '../../async/deadline.ts'
import type { PersistentStore, Row } from '../../model/persistent-store.ts'

export interface VigilOptions {
  readonly store: PersistentStore
  readonly clock: Clock
  /** Whether this very row was written by us. */
  readonly wrote: (row: Row) => boolean
}

/** How often a database is looked at. Two looks apart make sure that a loss is one. */
const VIGIL_MS = 5_000
/** A look that takes longer has failed. */
const LOOK_MS = 10_000

/** Finds out that a database lost its data: the marker, and every row but those written since. Seen twice (D15). */
export class Vigil {
  readonly #options: VigilOptions
  #lookedAt: number
  #goneAt: number | undefined

  constructor(options: VigilOptions) {
    this.#options = options
    this.#lookedAt = options.clock.monotonic()
  }

  /** When the next look is due, milliseconds from now; 0 or less when it is. */
  get dueInMs(): number {
    return this.#lookedAt + VIGIL_MS - this.#options.clock.monotonic()
  }

  /** Looks once. Rows of somebody else, with or without a marker, are no loss. Rejects as the database does. */
  async look(signal: AbortSignal): Promise<'fine' | 'lost'> {
    const { store, clock, wrote } = this.#options
    this.#lookedAt = clock.monotonic()
    const isGone = async (inTime: AbortSignal): Promise<boolean> => {
      if (await store.initialized(inTime)) return false
      const { initialized, rows } = await store.readAll(inTime)
      return !initialized && rows.every(wrote)
    }
    const gone = await withDeadline(clock, LOOK_MS, signal, isGone)
    if (!gone) this.#goneAt = undefined
    else this.#goneAt ??= this.#lookedAt
    return this.#goneAt !== undefined && this.#lookedAt - this.#goneAt >= VIGIL_MS ? 'lost' : 'fine'
  }

  /** Everything was written: what was seen before counts no longer. */
  reset(): void {
    this.#goneAt = undefined
    this.#lookedAt = this.#options.clock.monotonic()
  }
}
