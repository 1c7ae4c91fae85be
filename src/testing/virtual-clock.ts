import { type Clock, systemClock, type Undo } from '../async/clock.ts'

interface Alarm {
  readonly due: number
  /** Alarms due at the same time fire in the order they were set. */
  readonly order: number
  readonly wake: () => void
  /** Its place in the heap; -1 when it is in none. */
  place: number
}

/** Time that stands still until a test moves it. */
export class VirtualClock implements Clock {
  readonly #epoch: number
  readonly #alarms = new AlarmHeap()
  #set = 0
  #elapsed = 0
  #holds = 0

  /** @param epoch what `now()` says at the start, milliseconds since the Unix epoch. Default 0. */
  constructor(epoch = 0) {
    this.#epoch = epoch
  }

  /** Alarms not yet fired or undone; after a close this must be 0. */
  get armed(): number {
    return this.#alarms.size
  }

  /** How many waits keep the process alive. */
  get held(): number {
    return this.#holds
  }

  now(): number {
    return this.#epoch + this.#elapsed
  }

  monotonic(): number {
    return this.#elapsed
  }

  after(ms: number, wake: () => void): Undo {
    const alarm = { due: this.#elapsed + Math.max(0, ms || 0), order: this.#set++, wake, place: -1 }
    this.#alarms.add(alarm)
    return () => this.#alarms.remove(alarm)
  }

  hold(): Undo {
    this.#holds++
    let released = false
    return () => {
      if (!released) this.#holds--
      released = true
    }
  }

  /** At once: under virtual time nobody else is waiting for a share. */
  breathe(): Promise<void> {
    return Promise.resolve()
  }

  /** Moves time on, firing what falls due in order and letting promises settle after each alarm. */
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

/** A binary heap whose members know their place, so that undoing one of thousands is as cheap as setting it. */
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

  /** Safe to call for one that was removed before. */
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
