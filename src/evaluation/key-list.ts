/** Below this a scan is as fast as a look-up. */
const SHORT = 16

/** Keys to look for. A long list becomes a Set when it is asked a second time: many are asked only once. */
export class KeyList {
  readonly #values: readonly unknown[]
  #set: ReadonlySet<unknown> | undefined
  #asked = false

  constructor(values: readonly unknown[]) {
    this.#values = values
  }

  has(key: string): boolean {
    if (this.#set !== undefined) return this.#set.has(key)
    if (this.#asked && this.#values.length > SHORT) {
      this.#set = new Set(this.#values)
      return this.#set.has(key)
    }
    this.#asked = true
    return this.#values.includes(key)
  }
}
