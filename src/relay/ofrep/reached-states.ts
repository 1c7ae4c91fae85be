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
  /** Later states, in the order of arrival. */
  readonly #unnamed: (() => string)[] = []
  readonly #arrivals: Listeners<string>
  readonly #end = new Set<Undo>()

  constructor(options: ReachedStatesOptions) {
    this.#options = options
    this.#arrivals = new Listeners(options.onError)
  }

  /** @param name - returns the name of the state. It is not called before a client asks for a state, which few environments see. */
  add(name: () => string): void {
    this.#unnamed.push(name)
    if (this.#unnamed.length > MAX_STATES) this.#unnamed.shift()
    if (this.#arrivals.size > 0) this.#nameAll()
  }

  /** Resolves as soon as the data has, or had, this state, and after two seconds in any case. */
  reached(state: string): Promise<void> {
    this.#nameAll()
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

  #nameAll(): void {
    for (const name of this.#unnamed.splice(0)) {
      const state = name()
      this.#states.delete(state)
      this.#states.add(state)
      const [oldest = ''] = this.#states
      if (this.#states.size > MAX_STATES) this.#states.delete(oldest)
      this.#arrivals.emit(state)
    }
  }

  /** Ends all waits. */
  close(): void {
    for (const end of this.#end) end()
  }
}
