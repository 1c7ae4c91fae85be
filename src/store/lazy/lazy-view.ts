import type { Item, ItemKind } from '../../model/change-set.ts'
import type { Flag, Segment } from '../../model/flag.ts'
import type { RowName } from '../../model/persistent-store.ts'
import type { CachingReader } from './caching-reader.ts'

/**
 * What one evaluation sees of a database: answers at once from what is cached, and takes note of what was not. Evaluate,
 * {@link fill}, and evaluate again until nothing is missing: only what is reached is read, and what was read once stays
 * the same to the end, whatever the cache does meanwhile.
 */
export class LazyView {
  readonly #reader: CachingReader
  readonly #seen: Readonly<Record<ItemKind, Map<string, Item | undefined>>> = {
    flag: new Map(),
    segment: new Map(),
  }
  #missing: RowName[] = []

  constructor(reader: CachingReader) {
    this.#reader = reader
  }

  flag(key: string): Flag | undefined {
    return this.#get('flag', key)?.object
  }

  segment(key: string): Segment | undefined {
    return this.#get('segment', key)?.object
  }

  /** Whether everything asked for since the last {@link fill} was there. */
  get complete(): boolean {
    return this.#missing.length === 0
  }

  /** Reads what was missing. Rejects with a {@link StoreError} when the database does not answer. */
  async fill(): Promise<void> {
    const missing = this.#missing
    this.#missing = []
    await Promise.all(
      missing.map(async ({ kind, key }) => {
        this.#seen[kind].set(key, await this.#reader.read(kind, key))
      }),
    )
  }

  #get(kind: ItemKind, key: string): Item | undefined {
    const seen = this.#seen[kind]
    if (seen.has(key)) return seen.get(key)
    const peeked = this.#reader.peek(kind, key)
    if (peeked === 'unknown') {
      this.#missing.push({ kind, key })
      return undefined
    }
    const item = peeked === 'absent' ? undefined : peeked
    seen.set(key, item)
    return item
  }
}
