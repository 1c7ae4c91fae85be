import type { Clock } from '../../async/clock.ts'
import { withDeadline } from '../../async/deadline.ts'
import type { PersistentStore } from '../../model/persistent-store.ts'

export interface VigilOptions {
  readonly store: PersistentStore
  readonly clock: Clock
}

/** How often an idle database is looked at. Two looks apart make sure that a loss is one. */
export const VIGIL_MS = 5_000
/** A look that takes longer has failed. */
const LOOK_MS = 10_000

/** Finds out that a database lost its data: marker and rows gone, seen twice (D15). */
export class Vigil {
  readonly #options: VigilOptions
  #goneAt: number | undefined

  constructor(options: VigilOptions) {
    this.#options = options
  }

  /** Looks once. Rows of somebody else, with or without a marker, are no loss. Rejects as the database does. */
  async look(signal: AbortSignal): Promise<'fine' | 'lost'> {
    const { store, clock } = this.#options
    const isGone = async (inTime: AbortSignal): Promise<boolean> => {
      if (await store.initialized(inTime)) return false
      const { initialized, rows } = await store.readAll(inTime)
      return !initialized && rows.length === 0
    }
    const gone = await withDeadline(clock, LOOK_MS, signal, isGone)
    const now = clock.monotonic()
    if (!gone) this.#goneAt = undefined
    else this.#goneAt ??= now
    return this.#goneAt !== undefined && now - this.#goneAt >= VIGIL_MS ? 'lost' : 'fine'
  }

  /** Something was written: what was seen before counts no longer. */
  reset(): void {
    this.#goneAt = undefined
  }
}
