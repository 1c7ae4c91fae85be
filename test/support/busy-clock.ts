import { VirtualClock } from '../../src/testing/virtual-clock.ts'

/** A clock that advances by 0.1 ms each time it is read. */
export class BusyClock extends VirtualClock {
  /** Number of pauses for the event loop. */
  breaths = 0
  #busyMs = 0

  override monotonic(): number {
    this.#busyMs += 0.1
    return this.#busyMs
  }

  override breathe(): Promise<void> {
    this.breaths++
    return super.breathe()
  }
}
