import type { Clock, Undo } from '../../async/clock.ts'
import { Listeners } from '../../async/listeners.ts'

export interface ReachedStatesOptions {
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

/** Longest wait for a state, in milliseconds. Relays with the same service receive a change within a second. */
const MAX_WAIT_MS = 2_000

/** The number of requests that may wait. Further ones are answered at once. */
const MAX_WAITING = 1_000

/** The number of past states that are remembered. */
const MAX_STATES = 256

/**
 * The states that the data has had. A client may learn of a change from one relay and request its flags from another, which does not have
 * the change yet. Its answer would be the old one, and no further event would correct it.
 */
export class ReachedStates {
  readonly #options: ReachedStatesOptions
  /** In the order of arrival. */
  readonly #states = new Set<string>()
  readonly #arrivals: Listeners<string>
  readonly #end = new Set<Undo>()

  constructor(options: ReachedStatesOptions) {
    this.#options = options
    this.#arrivals = new Listeners(options.onError)
  }

  add(state: string): void {
    this.#states.delete(state)
    this.#states.add(state)
    const [oldest = ''] = this.#states
    if (this.#states.size > MAX_STATES) this.#states.delete(oldest)
    this.#arrivals.emit(state)
  }

  /** Resolves as soon as the data has, or had, this state, and after two seconds in any case. */
  reached(state: string): Promise<void> {
    if (state === '' || this.#states.has(state) || this.#end.size >= MAX_WAITING) return Promise.resolve()
    return new Promise((resolve) => {
      const end = (): void => {
        cancel()
        unsubscribe()
        this.#end.delete(end)
        resolve()
      }
      const cancel = this.#options.clock.after(MAX_WAIT_MS, end)
      const unsubscribe = this.#arrivals.add((arrived) => {
        if (arrived === state) end()
      })
      this.#end.add(end)
    })
  }

  /** Ends all waits. */
  close(): void {
    for (const end of this.#end) end()
  }
}
