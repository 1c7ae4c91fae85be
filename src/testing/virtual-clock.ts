import { type Clock, systemClock, type Undo } from '../async/clock.ts'

interface Alarm {
  readonly due: number
  readonly wake: () => void
}

/** Time that stands still until a test moves it. */
export class VirtualClock implements Clock {
  readonly #epoch: number
  readonly #alarms = new Set<Alarm>()
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
    const alarm = { due: this.#elapsed + Math.max(0, ms || 0), wake }
    this.#alarms.add(alarm)
    return () => this.#alarms.delete(alarm)
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
      const next = this.#earliest()
      if (!next || next.due > end) break
      this.#alarms.delete(next)
      this.#elapsed = next.due
      next.wake()
    }
    this.#elapsed = end
  }

  #earliest(): Alarm | undefined {
    let earliest: Alarm | undefined
    for (const alarm of this.#alarms) if (!earliest || alarm.due < earliest.due) earliest = alarm
    return earliest
  }
}
