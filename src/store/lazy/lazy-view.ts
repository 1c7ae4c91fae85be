import type { Item, ItemKind } from '../../model/change-set.ts'
import type { Flag, Segment } from '../../model/flag.ts'
import type { RowName } from '../../model/persistent-store.ts'
import type { CachingReader } from './caching-reader.ts'

/**
 * The items that one evaluation reads. Returns cached items synchronously and records missing ones. The caller evaluates,
 * calls {@link fill}, and evaluates again until the view is complete: so only the items that the evaluation reaches are
 * read, and each keeps its first value to the end.
 */
export class LazyView {
  readonly #reader: CachingReader
  readonly #items: Readonly<Record<ItemKind, Map<string, Item | undefined>>> = {
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

  /** True if no item was missing since the last {@link fill}. */
  get complete(): boolean {
    return this.#missing.length === 0
  }

  /** Reads the missing items. Rejects with a {@link StoreError} if the database does not answer. */
  async fill(): Promise<void> {
    const missing = this.#missing
    this.#missing = []
    await Promise.all(
      missing.map(async ({ kind, key }) => {
        this.#items[kind].set(key, await this.#reader.read(kind, key))
      }),
    )
  }

  #get(kind: ItemKind, key: string): Item | undefined {
    const items = this.#items[kind]
    if (items.has(key)) return items.get(key)
    const cached = this.#reader.peek(kind, key)
    if (cached === 'unknown') {
      this.#missing.push({ kind, key })
      return undefined
    }
    const item = cached === 'absent' ? undefined : cached
    items.set(key, item)
    return item
  }
}

/**
 * Reads cached items only. One evaluation needs no view of its own, because nothing can change a cached item while it runs.
 */
export class CacheReader {
  readonly #reader: CachingReader
  #isIncomplete = false

  constructor(reader: CachingReader) {
    this.#reader = reader
  }

  /** True if an item was not cached, or had expired, since the last {@link reset}. */
  get isIncomplete(): boolean {
    return this.#isIncomplete
  }

  reset(): void {
    this.#isIncomplete = false
  }

  flag(key: string): Flag | undefined {
    return this.#get('flag', key)?.object
  }

  segment(key: string): Segment | undefined {
    return this.#get('segment', key)?.object
  }

  #get(kind: ItemKind, key: string): Item | undefined {
    const cached = this.#reader.peek(kind, key)
    if (cached === 'unknown') this.#isIncomplete = true
    return typeof cached === 'string' ? undefined : cached
  }
}
