import type { Clock, Undo } from '../../async/clock.ts'
import type { PersistentStore } from '../../model/persistent-store.ts'
import type { StoreMonitor } from '../store-monitor.ts'

interface StaleTimerOptions {
  readonly clock: Clock
  readonly monitor: StoreMonitor
  readonly store: Pick<PersistentStore, 'writeDelayMs'>
  /** The rest after the last write, in milliseconds. */
  readonly restMs: () => number
}

/** A write that is pending for longer makes the database stale, in milliseconds. */
const STALE_AFTER_MS = 1_000

/** Makes the status of a database stale while a write is pending for too long, whether it fails or hangs (S175). */
export class StaleTimer {
  readonly #options: StaleTimerOptions
  #disarm: Undo | undefined
  /** When the oldest change that is not in the database was applied, by the monotonic clock. */
  #since: number | undefined
  /** The same, of the changes that came after the write under way was begun. */
  #next: number | undefined
  #isWriting = false
  #closed = false

  constructor(options: StaleTimerOptions) {
    this.#options = options
  }

  /** Notes that a write is pending. */
  begin(): void {
    const now = this.#options.clock.monotonic()
    if (this.#isWriting) this.#next ??= now
    else if (this.#since === undefined) this.#arm(now)
  }

  /** Notes that a write of everything that is pending was begun. */
  writing(): void {
    this.#isWriting = true
    this.#next = undefined
  }

  failed(): void {
    this.#isWriting = false
  }

  /** Notes that everything is written but what came meanwhile. Returns whether that is late already. */
  end(): 'late' | 'in time' {
    const next = this.#next
    this.#stop()
    if (next === undefined) return 'in time'
    return this.#arm(next) <= 0 ? 'late' : 'in time'
  }

  close(): void {
    this.#closed = true
    this.#stop()
  }

  #stop(): void {
    this.#disarm?.()
    this.#since = undefined
    this.#next = undefined
    this.#isWriting = false
  }

  /** Returns the time that is left, in milliseconds. */
  #arm(since: number): number {
    const { clock, monitor, store, restMs } = this.#options
    if (this.#closed) return Infinity
    this.#since = since
    const leftMs = since + STALE_AFTER_MS + restMs() + store.writeDelayMs - clock.monotonic()
    this.#disarm = clock.after(Math.max(0, leftMs), () => {
      // What a follower holds is written by another process, and counts from when this one takes over.
      if (monitor.status.current.role === 'follower') this.#since = undefined
      else monitor.update({ stale: true })
    })
    return leftMs
  }
}
