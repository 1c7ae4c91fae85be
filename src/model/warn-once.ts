/**
 * Distinguishes the first occurrence of a message from its repetitions, so that a lasting fault does not fill the log.
 *
 * @example
 * ```ts
 * if (warned.isFirst(flagKey)) logger.warn(`unknown flag "${flagKey}"`)
 * ```
 */
export class WarnOnce {
  readonly #keys = new Set<string>()
  readonly #maxKeys: number

  /** @param maxKeys - the number of keys to remember; once it is reached, every other key counts as a repetition. */
  constructor(maxKeys = 1_000) {
    this.#maxKeys = maxKeys
  }

  /** Returns true for the first call with a key, or for the first call without one. */
  isFirst(key = ''): boolean {
    if (this.#keys.has(key) || this.#keys.size >= this.#maxKeys) return false
    this.#keys.add(key)
    return true
  }

  get hasWarned(): boolean {
    return this.#keys.size > 0
  }

  /** Forgets all keys, so that the next occurrence is logged again, for example after a recovery. */
  reset(): void {
    this.#keys.clear()
  }
}
