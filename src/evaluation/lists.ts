/** The longest list for which a linear search is as fast as a set. */
const MAX_SCANNED = 16

/** A list of keys. A long one is converted to a set at the second lookup, because many lists are searched once only. */
export class KeyList {
  readonly #values: readonly unknown[]
  #set: ReadonlySet<unknown> | undefined
  #lastKey: string | undefined
  #lastResult = false

  constructor(values: readonly unknown[]) {
    this.#values = values
  }

  get length(): number {
    return this.#values.length
  }

  has(key: string): boolean {
    if (this.#values.length <= MAX_SCANNED) return this.#values.includes(key)
    // Flags that are evaluated for one context often search the same segment.
    if (key !== this.#lastKey) {
      this.#lastResult = this.#search(key)
      this.#lastKey = key
    }
    return this.#lastResult
  }

  #search(key: string): boolean {
    if (this.#lastKey === undefined) return this.#values.includes(key)
    this.#set ??= new Set(this.#values)
    return this.#set.has(key)
  }
}

const EMPTY: readonly unknown[] = Object.freeze([])
const MALFORMED: readonly unknown[] = Object.freeze([undefined])

/** Returns a list from the data: empty if it is absent, and a list with one `undefined` if it is not a list. */
export function listOf(list: unknown): readonly unknown[] {
  if (list === undefined || list === null) return EMPTY
  return Array.isArray(list) ? list : MALFORMED
}
