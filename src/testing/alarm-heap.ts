/** A call at a time of a simulated clock. */
export interface Alarm {
  readonly due: number
  /** Alarms that are due at the same time are called in the order in which they were set. */
  readonly order: number
  readonly wake: () => void
  /** Index in the heap; -1 if it is not in the heap. */
  place: number
}

/** A binary heap whose members store their index, so that removal costs O(log n). */
export class AlarmHeap {
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
