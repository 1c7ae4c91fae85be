import { hash } from 'node:crypto'

interface Entry {
  readonly key: string
  newer: Entry | undefined
  older: Entry | undefined
}

/** The longest key that is remembered as it is, in characters. A digest takes the place of a longer one, which bounds the memory. */
const MAX_KEY_LENGTH = 256

/** An LRU set of keys. A lookup of a known key allocates nothing, unless the key is long. */
export class RecentKeys {
  readonly #capacity: number
  readonly #entries = new Map<string, Entry>()
  #newest: Entry | undefined
  #oldest: Entry | undefined

  /** @param capacity - the number of keys to remember. Adding a further one forgets the key that was not used for the longest time. */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#entries.size
  }

  /** Marks a key as just used and returns whether it was known. */
  touch(given: string): boolean {
    const key = given.length > MAX_KEY_LENGTH ? hash('sha256', given, 'base64') : given
    const known = this.#entries.get(key)
    if (known === undefined) {
      this.#add(key)
      return false
    }
    if (known !== this.#newest) {
      this.#unlink(known)
      this.#link(known)
    }
    return true
  }

  clear(): void {
    this.#entries.clear()
    this.#newest = undefined
    this.#oldest = undefined
  }

  #add(key: string): void {
    if (this.#capacity < 1) return
    const oldest = this.#oldest
    if (this.#entries.size >= this.#capacity && oldest !== undefined) {
      this.#unlink(oldest)
      this.#entries.delete(oldest.key)
    }
    const entry: Entry = { key, newer: undefined, older: undefined }
    this.#entries.set(key, entry)
    this.#link(entry)
  }

  #link(entry: Entry): void {
    entry.older = this.#newest
    entry.newer = undefined
    if (this.#newest !== undefined) this.#newest.newer = entry
    this.#newest = entry
    this.#oldest ??= entry
  }

  #unlink({ newer, older }: Entry): void {
    if (newer === undefined) this.#newest = older
    else newer.older = older
    if (older === undefined) this.#oldest = newer
    else older.newer = newer
  }
}
