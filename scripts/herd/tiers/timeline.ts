import type { Clock, Undo } from '../../../src/async/clock.ts'
import { AlarmHeap } from '../../../src/testing/alarm-heap.ts'

/** A clock for models without promises: time passes at once, so that millions of alarms take seconds. */
export class Timeline implements Clock {
  readonly #alarms = new AlarmHeap()
  #elapsed = 0
  #set = 0

  now(): number {
    return this.#elapsed
  }

  monotonic(): number {
    return this.#elapsed
  }

  after(ms: number, wake: () => void): Undo {
    const alarm = { due: this.#elapsed + Math.max(0, ms), order: this.#set++, wake, place: -1 }
    this.#alarms.add(alarm)
    return () => this.#alarms.remove(alarm)
  }

  hold(): Undo {
    return () => {}
  }

  breathe(): Promise<void> {
    return Promise.resolve()
  }

  /** Advances the time by `ms` milliseconds and calls all alarms that are due, in order. */
  advance(ms: number): void {
    const end = this.#elapsed + ms
    for (let next = this.#alarms.earliest; next && next.due <= end; next = this.#alarms.earliest) {
      this.#alarms.remove(next)
      this.#elapsed = next.due
      next.wake()
    }
    this.#elapsed = end
  }
}
