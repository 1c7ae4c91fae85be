import { VirtualClock } from '../../src/testing/virtual-clock.ts'

/** A clock that can lose time: by both clocks when a process is frozen, by the wall's alone when a machine sleeps. */
export class SleepyClock extends VirtualClock {
  lostMs = 0
  sleptMs = 0

  override now(): number {
    return super.now() + this.lostMs + this.sleptMs
  }

  override monotonic(): number {
    return super.monotonic() + this.lostMs
  }

  /** Freezes the process for a while, and lets it run for a second. */
  async freeze(ms: number): Promise<void> {
    this.lostMs += ms
    await this.advance(1_000)
  }
}
