/** A value in the cache. */
export interface Sized {
  /** Approximate memory of the value, in bytes. May grow while the value is in the cache. */
  readonly size: number
}

/** The memory that one entry takes in addition to its value: the key, the entry of the map and the objects around the value. */
const OVERHEAD = 512

/** A cache that evicts the least recently used values, so that all together take at most `maxBytes`. */
export class AnswerCache<Value extends Sized> {
  readonly #maxBytes: number
  /** In the order of their last use. */
  readonly #entries = new Map<string, { readonly value: Value; readonly bytes: number }>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Memory of all entries, in bytes. */
  get bytes(): number {
    return this.#bytes
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.value
  }

  /** Measures a value that has grown, if it is still in the cache. */
  measure(key: string): void {
    const entry = this.#entries.get(key)
    if (entry !== undefined) this.set(key, entry.value)
  }

  /** Adds a value. One that is larger than the whole cache is not kept. */
  set(key: string, value: Value): void {
    this.#delete(key)
    const bytes = value.size + 2 * key.length + OVERHEAD
    if (bytes > this.#maxBytes) return
    this.#entries.set(key, { value, bytes })
    this.#bytes += bytes
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) break
      this.#delete(oldest)
    }
  }

  #delete(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#bytes -= entry.bytes
  }
}
