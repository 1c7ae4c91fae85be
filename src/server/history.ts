import type { Clock } from '../async/clock.ts'
import type { Step } from './step.ts'

export interface HistoryLimits {
  /** How many steps are kept. Default 1,000. */
  readonly maxSteps?: number
  /** How much memory they may take, in bytes, about. Default 8 MiB. */
  readonly maxBytes?: number
  /** How long a step is kept, milliseconds. Default a day. */
  readonly maxAgeMs?: number
}

export const DEFAULT_HISTORY_LIMITS: Required<HistoryLimits> = {
  maxSteps: 1_000,
  maxBytes: 8 * 1024 * 1024,
  maxAgeMs: 24 * 60 * 60 * 1_000,
}

/** What a touch takes beside its key. */
const TOUCH_BYTES = 64

/** The latest steps the data took. The oldest go when they get too many, too large or too old. */
export class History {
  readonly #clock: Clock
  readonly #limits: Required<HistoryLimits>
  #steps: Step[] = []
  #bytes = 0

  constructor(clock: Clock, limits: HistoryLimits = {}) {
    this.#clock = clock
    this.#limits = { ...DEFAULT_HISTORY_LIMITS, ...limits }
  }

  /** The oldest first. */
  get steps(): readonly Step[] {
    this.#trim()
    return this.#steps
  }

  push(step: Step): void {
    this.#steps.push(step)
    this.#bytes += sizeOf(step)
    this.#trim()
  }

  clear(): void {
    this.#steps = []
    this.#bytes = 0
  }

  #trim(): void {
    const { maxSteps, maxBytes, maxAgeMs } = this.#limits
    const oldest = this.#clock.now() - maxAgeMs
    const isTooMuch = ({ at }: Step): boolean =>
      this.#steps.length > maxSteps || this.#bytes > maxBytes || at < oldest
    while (this.#steps[0] && isTooMuch(this.#steps[0])) this.#bytes -= sizeOf(this.#steps.shift() as Step)
  }
}

function sizeOf({ from, to, touches }: Step): number {
  const keys = (touches ?? []).reduce(
    (sum, { key, patch }) => sum + key.length + (patch?.length ?? 0) + TOUCH_BYTES,
    0,
  )
  return from.length + to.length + keys
}
