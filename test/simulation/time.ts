import type { Clock, Undo } from '../../src/async/clock.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'

/**
 * The time of one simulated machine, and beside it the time of the world around it. The machine's wall clock can
 * be set, and the machine can stall; the world goes on evenly.
 */
export class Time {
  readonly world: VirtualClock = new VirtualClock()
  readonly #look: () => void
  #wallOffset = 1_700_000_000_000
  #stalled = 0
  #armed = 0
  #disturbedAt = Number.NEGATIVE_INFINITY

  /** @param look called before every alarm: everything the one before it led to has settled. */
  constructor(look: () => void) {
    this.#look = look
  }

  /** How many alarms of the machine are armed. */
  get armed(): number {
    return this.#armed
  }

  /** How long ago the clocks of the machine last jumped. */
  get evenForMs(): number {
    return this.world.monotonic() - this.#disturbedAt
  }

  /** What the data system is given. */
  readonly machine: Clock = {
    now: () => this.#wallOffset + this.machine.monotonic(),
    monotonic: () => this.world.monotonic() + this.#stalled,
    after: (ms, wake) => this.#after(ms, wake),
    hold: () => this.world.hold(),
    breathe: () => this.world.breathe(),
  }

  /** Calls back when the world's time has come; in whole milliseconds, as timers of the platform do. */
  after(ms: number, wake: () => void): Undo {
    return this.world.after(Math.ceil(ms), () => {
      this.#look()
      wake()
    })
  }

  /** Somebody sets the clock of the machine. */
  setWall(byMs: number): void {
    this.#wallOffset += byMs
    this.#disturbedAt = this.world.monotonic()
  }

  /** The process does nothing for a while: its alarms come late. */
  stall(ms: number): void {
    this.#stalled += ms
    this.#disturbedAt = this.world.monotonic()
  }

  #after(ms: number, wake: () => void): Undo {
    let pending = true
    const settle = (): void => {
      if (pending) this.#armed--
      pending = false
    }
    this.#armed++
    const undo = this.after(ms, () => {
      settle()
      wake()
    })
    return () => {
      undo()
      settle()
    }
  }
}
