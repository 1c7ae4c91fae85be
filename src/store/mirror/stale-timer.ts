import type { Clock, Undo } from '../../async/clock.ts'
import type { PersistentStore } from '../../model/persistent-store.ts'
import type { StoreMonitor } from '../store-monitor.ts'

interface StaleTimerOptions {
  readonly clock: Clock
  readonly monitor: StoreMonitor
  readonly store: Pick<PersistentStore, 'writeDelayMs'>
  readonly pauseMs: () => number
}

const STALE_AFTER_MS = 1_000

/** Sets the status of a database to stale while a write is pending for more than 1 s, also if the write hangs (S175). */
export class StaleTimer {
  readonly #options: StaleTimerOptions
  #disarm: Undo | undefined
  /** Monotonic time of the oldest change that is not in the database. */
  #since: number | undefined
  /** Monotonic time of the oldest change that arrived after the start of the current write. */
  #next: number | undefined
  #isWriting = false
  #closed = false

  constructor(options: StaleTimerOptions) {
    this.#options = options
  }

  start(): void {
    const now = this.#options.clock.monotonic()
    if (this.#isWriting) this.#next ??= now
    else if (this.#since === undefined) this.#arm(now)
  }

  /** Records the start of a write that contains everything pending. */
  writeStarted(): void {
    this.#isWriting = true
    this.#next = undefined
  }

  writeFailed(): void {
    this.#isWriting = false
  }

  /** Records that only the changes since {@link writeStarted} are pending. Returns `stale` if they waited too long. */
  stop(): 'stale' | 'current' {
    const next = this.#next
    this.#reset()
    if (next === undefined) return 'current'
    return this.#arm(next) <= 0 ? 'stale' : 'current'
  }

  close(): void {
    this.#closed = true
    this.#reset()
  }

  #reset(): void {
    this.#disarm?.()
    this.#settle()
    this.#next = undefined
    this.#isWriting = false
  }

  #settle(): void {
    this.#since = undefined
    this.#options.monitor.isWritePending = false
  }

  #arm(since: number): number {
    const { clock, monitor, store, pauseMs } = this.#options
    if (this.#closed) return Infinity
    this.#since = since
    monitor.isWritePending = true
    const leftMs = since + STALE_AFTER_MS + pauseMs() + store.writeDelayMs - clock.monotonic()
    this.#disarm = clock.after(Math.max(0, leftMs), () => {
      // The pending changes of a follower are written by another process. They count when this one takes the lease.
      if (monitor.status.current.role === 'follower') this.#settle()
      else monitor.update({ stale: true })
    })
    return leftMs
  }
}
