import { type Clock, systemClock, type Undo } from '../async/clock.ts'

interface Alarm {
  readonly due: number
  /** Alarms that are due at the same time are called in the order in which they were set. */
  readonly order: number
  readonly wake: () => void
  /** Index in the heap; -1 if it is not in the heap. */
  place: number
}

/**
 * A clock whose time passes only when a test advances it.
 *
 * @example
 * const clock = new VirtualClock()
 * await clock.advance(10_000)
 */
export class VirtualClock implements Clock {
  readonly #epoch: number
  readonly #alarms = new AlarmHeap()
  #set = 0
  #elapsed = 0
  #holds = 0

  /** @param epoch the value of `now()` at the start, in milliseconds since the Unix epoch. Default 0. */
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

/** A binary heap whose members store their index, so that removal costs O(log n). */
class AlarmHeap {
  readonly #alarms: Alarm[] = []

  get size(): number {
    return this.#alarms.length
  }

  get earliest(): Alarm | undefined {
    return this.#alarms[0]
  }

  add(alarm: Alarm): void {
    this.#alarms.push(alarm)
    this.#rise(alarm, this.#alarms.length - 1)
  }

  /** Removes an alarm. Safe to call twice. */
  remove(alarm: Alarm): void {
    const { place } = alarm
    if (place < 0) return
    alarm.place = -1
    const last = this.#alarms.pop() as Alarm
    if (last === alarm) return
    this.#sink(last, place)
    this.#rise(last, last.place)
  }

  #rise(alarm: Alarm, from: number): void {
    let place = from
    while (place > 0) {
      const parent = this.#alarms[(place - 1) >> 1] as Alarm
      if (!isBefore(alarm, parent)) break
      this.#put(parent, place)
      place = (place - 1) >> 1
    }
    this.#put(alarm, place)
  }

  #sink(alarm: Alarm, from: number): void {
    let place = from
    for (;;) {
      const left = this.#alarms[2 * place + 1]
      if (!left) break
      const right = this.#alarms[2 * place + 2]
      const child = right && isBefore(right, left) ? 2 * place + 2 : 2 * place + 1
      const first = this.#alarms[child] as Alarm
      if (!isBefore(first, alarm)) break
      this.#put(first, place)
      place = child
    }
    this.#put(alarm, place)
  }

  #put(alarm: Alarm, place: number): void {
    this.#alarms[place] = alarm
    alarm.place = place
  }
}

function isBefore(a: Alarm, b: Alarm): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order)
}
