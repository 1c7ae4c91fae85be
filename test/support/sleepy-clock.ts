import { VirtualClock } from '../../src/testing/virtual-clock.ts'

/** A clock that can jump: both clocks if a process is frozen, only the wall clock if a machine sleeps. */
export class SleepyClock extends VirtualClock {
  lostMs = 0
  sleptMs = 0

  override now(): number {
    return super.now() + this.lostMs + this.sleptMs
  }

  override monotonic(): number {
    return super.monotonic() + this.lostMs
  }

  /** Freezes the process for some time, and then lets it run for a second. */
  async freeze(ms: number): Promise<void> {
    this.lostMs += ms
    await this.advance(1_000)
  }
}
