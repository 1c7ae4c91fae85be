import { callSafely } from './call-safely.ts'
import type { Undo } from './clock.ts'

/** Functions to call when something happened. One that throws never starves the others. */
export class Listeners<T> {
  readonly #listeners = new Set<{ readonly call: (value: T) => void }>()
  readonly #onError: (error: unknown) => void

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  get size(): number {
    return this.#listeners.size
  }

  /** Adds a listener; the same function added twice is called twice. Returns what removes it. */
  add(call: (value: T) => void): Undo {
    const entry = { call }
    this.#listeners.add(entry)
    return () => this.#listeners.delete(entry)
  }

  emit(value: T): void {
    for (const entry of Array.from(this.#listeners)) {
      if (!this.#listeners.has(entry)) continue // removed by one that was called before it
      callSafely(() => entry.call(value), this.#onError)
    }
  }
}

/** For listeners that are ours alone: one that throws is a defect to be seen. */
export function rethrow(error: unknown): never {
  throw error
}
