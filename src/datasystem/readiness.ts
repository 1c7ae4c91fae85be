import type { Clock } from '../async/clock.ts'
import { Listeners, rethrow } from '../async/listeners.ts'
import { waitFor } from '../async/wait-for.ts'
import { ClosedError } from '../model/errors.ts'
import type { DataAvailability } from '../model/status.ts'

/** Options of waiting for initialization. */
export interface WaitOptions {
  /** Longest wait, in milliseconds. Default: no limit. The sources keep working afterwards. */
  readonly timeoutMs?: number
  /** Ends the wait when it aborts. Default: none. */
  readonly signal?: AbortSignal
  /** The availability to wait for. Default `defaults`: to be initialized is enough. */
  readonly minimum?: DataAvailability
}

export const WAIT_OPTIONS: readonly (keyof WaitOptions)[] = ['timeoutMs', 'signal', 'minimum']

/**
 * The reason for the end of a wait. `ready`: there is data. `timeout`: the time limit was reached. `off`: no source is
 * left that could bring the data. `aborted`: the signal aborted.
 */
export type WaitOutcome = 'ready' | 'timeout' | 'off' | 'aborted'

const RANK: Readonly<Record<DataAvailability, number>> = { defaults: 0, cached: 1, refreshed: 2 }

/** The state of initialization: whether there is data, and how good it is (D14). */
export class Readiness {
  readonly #clock: Clock
  readonly #best: DataAvailability
  readonly #progress = new Listeners<void>(rethrow)
  #availability: DataAvailability = 'defaults'
  #initialized = false
  #end: 'none' | 'off' | 'closed' = 'none'

  /** @param best - the best availability that the data can reach. A wait for more ends with `off`. */
  constructor(clock: Clock, best: DataAvailability) {
    this.#clock = clock
    this.#best = best
  }

  get initialized(): boolean {
    return this.#initialized
  }

  get availability(): DataAvailability {
    return this.#availability
  }

  /** Sets `initialized`, and raises the availability. It never falls. */
  reached(availability: DataAvailability): void {
    const better = RANK[availability] > RANK[this.#availability]
    if (this.#initialized && !better) return
    this.#initialized = true
    if (better) this.#availability = availability
    this.#progress.emit()
  }

  ended(end: 'off' | 'closed'): void {
    this.#end = end
    this.#progress.emit()
  }

  /** Allows waits again, because a source may have a turn. Has no effect after a close. */
  resumed(): void {
    if (this.#end === 'off') this.#end = 'none'
  }

  /** Keeps the process alive while it waits. Rejects with a {@link ClosedError} if the data system is closed. */
  async wait({ timeoutMs = Infinity, signal, minimum = 'defaults' }: WaitOptions): Promise<WaitOutcome> {
    const end = await waitFor({
      clock: this.#clock,
      subscribe: (look) => this.#progress.add(look),
      find: () => this.#verdict(minimum),
      timeoutMs,
      signal,
    })
    if (end === 'closed') throw new ClosedError()
    return end
  }

  #verdict(minimum: DataAvailability): 'ready' | 'off' | 'closed' | undefined {
    if (this.#end === 'closed') return 'closed'
    if (this.#initialized && RANK[this.#availability] >= RANK[minimum]) return 'ready'
    return this.#end === 'off' || RANK[minimum] > RANK[this.#best] ? 'off' : undefined
  }
}
