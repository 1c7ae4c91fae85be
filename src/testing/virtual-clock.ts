import { type Clock, systemClock, type Undo } from '../async/clock.ts'
import { AlarmHeap } from './alarm-heap.ts'

/**
 * A clock whose time passes only when a test advances it.
 *
 * @example
 * ```ts
 * const clock = new VirtualClock()
 * await clock.advance(10_000)
 * ```
 */
export class VirtualClock implements Clock {
  readonly #epoch: number
  readonly #alarms = new AlarmHeap()
  #set = 0
  #elapsed = 0
  #holds = 0

  /** @param epoch - the value of `now()` at the start, in milliseconds since the Unix epoch. Default 0. */
  constructor(epoch = 0) {
    this.#epoch = epoch
  }

  /** The number of pending alarms. It must be 0 after a data system is closed. */
  get armed(): number {
    return this.#alarms.size
  }

  /** The number of holds that keep the process alive. */
  get held(): number {
    return this.#holds
  }

  /** Returns the wall time, in milliseconds since the Unix epoch. */
  now(): number {
    return this.#epoch + this.#elapsed
  }

  /** Returns the time since the start, in milliseconds. */
  monotonic(): number {
    return this.#elapsed
  }

  /** Calls `wake` when the time has advanced by `ms` milliseconds. Returns a function that cancels this. */
  after(ms: number, wake: () => void): Undo {
    const alarm = { due: this.#elapsed + Math.max(0, ms || 0), order: this.#set++, wake, place: -1 }
    this.#alarms.add(alarm)
    return () => this.#alarms.remove(alarm)
  }

  /** Counts a hold. Returns a function that releases it. */
  hold(): Undo {
    this.#holds++
    let released = false
    return () => {
      if (!released) this.#holds--
      released = true
    }
  }

  /** Resolves at once, because no other work is delayed in virtual time. */
  breathe(): Promise<void> {
    return Promise.resolve()
  }

  /** Advances the time by `ms` milliseconds. Calls due alarms in order, and lets promises settle after each one. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms
    for (;;) {
      await systemClock.breathe()
      const next = this.#alarms.earliest
      if (!next || next.due > end) break
      this.#alarms.remove(next)
      this.#elapsed = next.due
      next.wake()
    }
    this.#elapsed = end
  }
}
