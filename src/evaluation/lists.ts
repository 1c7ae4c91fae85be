/** Below this a scan is as fast as a look-up. */
const SHORT = 16

/** Keys to look for. A long list becomes a Set when a second key is looked for: many are asked for one key only. */
export class KeyList {
  readonly #values: readonly unknown[]
  #set: ReadonlySet<unknown> | undefined
  #lastKey: string | undefined
  #lastAnswer = false

  constructor(values: readonly unknown[]) {
    this.#values = values
  }

  has(key: string): boolean {
    if (this.#values.length <= SHORT) return this.#values.includes(key)
    // When many flags are evaluated for one context, many of them ask for the same segment.
    if (key !== this.#lastKey) {
      this.#lastAnswer = this.#look(key)
      this.#lastKey = key
    }
    return this.#lastAnswer
  }

  #look(key: string): boolean {
    if (this.#lastKey === undefined) return this.#values.includes(key)
    this.#set ??= new Set(this.#values)
    return this.#set.has(key)
  }
}

const EMPTY: readonly unknown[] = Object.freeze([])
const BROKEN: readonly unknown[] = Object.freeze([undefined])

/** A list of the wire: empty where there is none, and with one thing no reader can use where something else stands. */
export function listOf(list: unknown): readonly unknown[] {
  if (list === undefined || list === null) return EMPTY
  return Array.isArray(list) ? list : BROKEN
}
