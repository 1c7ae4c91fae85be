import type { Clock, Undo } from '../../src/async/clock.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'

/**
 * The clock of a simulated machine and the clock of the world around it. The wall clock of the machine can be set, and the
 * machine can stall; the clock of the world is not affected.
 */
export class Time {
  readonly world: VirtualClock = new VirtualClock()
  readonly #look: () => void
  #wallOffset = 1_700_000_000_000
  #stalled = 0
  #armed = 0
  #disturbedAt = Number.NEGATIVE_INFINITY

  /** @param look Called before every alarm, when all effects of the alarm before have settled. */
  constructor(look: () => void) {
    this.#look = look
  }

  /** Number of armed alarms of the machine. */
  get armed(): number {
    return this.#armed
  }

  /** Time since the clocks of the machine jumped, in milliseconds. */
  get evenForMs(): number {
    return this.world.monotonic() - this.#disturbedAt
  }

  /** The clock of the data system. */
  readonly machine: Clock = {
    now: () => this.#wallOffset + this.machine.monotonic(),
    monotonic: () => this.world.monotonic() + this.#stalled,
    after: (ms, wake) => this.#after(ms, wake),
    hold: () => this.world.hold(),
    breathe: () => this.world.breathe(),
  }

  /** Calls back after a time of the world, in whole milliseconds like the timers of the platform. */
  after(ms: number, wake: () => void): Undo {
    return this.world.after(Math.ceil(ms), () => {
      this.#look()
      wake()
    })
  }

  /** Changes the wall clock of the machine. */
  setWall(byMs: number): void {
    this.#wallOffset += byMs
    this.#disturbedAt = this.world.monotonic()
  }

  /** Stalls the process, so that its alarms are late. */
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
