import type { Clock, Undo } from '../../async/clock.ts'
import type { PersistentStore } from '../../model/persistent-store.ts'
import type { StoreMonitor } from '../store-monitor.ts'

export interface LatenessOptions {
  readonly clock: Clock
  readonly monitor: StoreMonitor
  readonly store: Pick<PersistentStore, 'writeDelayMs'>
  /** The rest after the last write, in milliseconds. */
  readonly restMs: () => number
}

/** A write that is pending for longer makes the database stale, in milliseconds. */
const LATE_MS = 1_000

/** Makes the status of a database stale while a write is pending for too long, whether it fails or hangs (S175). */
export class Lateness {
  readonly #options: LatenessOptions
  #disarm: Undo | undefined
  #closed = false

  constructor(options: LatenessOptions) {
    this.#options = options
  }

  /** Notes that a write is pending; does nothing if one was pending before. */
  begin(): void {
    const { clock, monitor, store, restMs } = this.#options
    if (this.#closed) return
    this.#disarm ??= clock.after(LATE_MS + restMs() + store.writeDelayMs, () => {
      // What a follower holds is written by another process.
      if (monitor.status.current.role !== 'follower') monitor.note({ stale: true })
    })
  }

  /** Notes that nothing is pending. */
  end(): void {
    this.#disarm?.()
    this.#disarm = undefined
  }

  close(): void {
    this.#closed = true
    this.end()
  }
}
