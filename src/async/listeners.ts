import { callSafely } from './call-safely.ts'
import type { Undo } from './clock.ts'

type Listener<T> = (value: T) => void

interface Registration<T> {
  readonly call: Listener<T>
  readonly times: 'once' | 'always'
}

/**
 * The event emitter for one event. Calls its listeners in the order of registration; one that throws, or returns a promise
 * that rejects, does not affect the others.
 */
export class Listeners<T> {
  readonly #registrations = new Set<Registration<T>>()
  readonly #onError: (error: unknown) => void

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  get size(): number {
    return this.#registrations.size
  }

  /** Adds a listener and returns a function that removes it. A function that is added twice is called twice. */
  add(call: Listener<T>, times: Registration<T>['times'] = 'always'): Undo {
    const registration = { call, times }
    this.#registrations.add(registration)
    return () => this.#registrations.delete(registration)
  }

  /** Removes the last registration of a function, as the event emitter of Node.js does. */
  remove(call: Listener<T>): void {
    const last = [...this.#registrations].findLast((registration) => registration.call === call)
    if (last) this.#registrations.delete(last)
  }

  /** Calls the listeners that are registered now. A listener that another one removes meanwhile is not called. */
  emit(value: T): void {
    for (const registration of Array.from(this.#registrations)) {
      if (!this.#registrations.has(registration)) continue
      if (registration.times === 'once') this.#registrations.delete(registration)
      callSafely(() => registration.call(value), this.#onError)
    }
  }
}

/** An error handler for listeners of our own: an exception in one of them is a defect, and must not be hidden. */
export function rethrow(error: unknown): never {
  throw error
}
