import type { Clock } from '../../async/clock.ts'
import { inSlices } from '../../async/slices.ts'
import { decodeRow } from '../../layout/row.ts'
import { type Item, type ItemKind, KINDS } from '../../model/change-set.ts'
import type { PersistentStore, Row, RowName, StoreChange } from '../../model/persistent-store.ts'
import type { ItemReader } from '../dependents.ts'
import type { StoreMonitor } from '../store-monitor.ts'
import {
  CachedListing,
  type CacheEntry,
  type CacheLifetime,
  expired,
  type Freshness,
  freshnessOf,
  type Listing,
} from './cached-listing.ts'
import { SingleFlight } from './single-flight.ts'

export interface CachingReaderOptions extends CacheLifetime {
  readonly store: PersistentStore
  readonly monitor: StoreMonitor
  /** Time after the TTL for which an entry is still served while the database does not answer, in milliseconds. */
  readonly staleOnErrorMs: number
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** Number of cached rows of each kind. If there are more, the row that was fetched first is evicted. */
const MAX_ENTRIES = 100_000

/**
 * Reads items of a database through a cache (D18): concurrent reads of one key share one request, entries (also those of
 * absent rows) are fresh for the TTL and refreshed in the background shortly before its end, and expired entries are
 * served for `staleOnErrorMs` while the database does not answer.
 */
export class CachingReader {
  readonly #options: CachingReaderOptions
  readonly #singleFlight: SingleFlight
  readonly #quarantine: Quarantine
  readonly #entries: Readonly<Record<ItemKind, Map<string, CacheEntry>>> = {
    flag: new Map(),
    segment: new Map(),
  }
  #listing: CachedListing | undefined
  #requests = 0
  #hasFoundItem = false
  #hits = 0
  #misses = 0

  constructor(options: CachingReaderOptions) {
    this.#options = options
    this.#singleFlight = new SingleFlight(options)
    this.#quarantine = new Quarantine(options.monitor)
    options.monitor.countWith(() => ({ hits: this.#hits, misses: this.#misses }))
  }

  get hasFoundItem(): boolean {
    return this.#hasFoundItem
  }

  /** Returns all cached items, expired ones included. */
  cachedItems(): ItemReader {
    const items = (kind: ItemKind): Map<string, Item> => {
      const found = new Map(this.#listing?.items[kind])
      for (const key of this.#entries[kind].keys()) {
        const item = this.#known(kind, key)?.item
        if (item) found.set(key, item)
        else found.delete(key)
      }
      return found
    }
    const all: Readonly<Record<ItemKind, Map<string, Item>>> = {
      flag: items('flag'),
      segment: items('segment'),
    }
    return { get: (kind, key) => all[kind].get(key), all: (kind) => all[kind] }
  }

  /** Returns the cached item if its entry is fresh; `absent` if the row does not exist, `unknown` if it must be read. */
  peek(kind: ItemKind, key: string): Item | 'absent' | 'unknown' {
    const now = this.#options.clock.monotonic()
    const known = this.#known(kind, key)
    if (!known || now >= known.expiresAt) return 'unknown'
    this.#hits++
    // A failure of this refresh is ignored: if it persists, the first read after the TTL fails.
    if (now >= known.refreshAt) this.#fetch(kind, key).catch(() => undefined)
    return known.item ?? 'absent'
  }

  /** Reads an item, or joins a read in progress. Rejects with a {@link StoreError} if no cached item may be served instead. */
  async read(kind: ItemKind, key: string): Promise<Item | undefined> {
    this.#misses++
    try {
      return await this.#fetch(kind, key)
    } catch (error) {
      const known = this.#known(kind, key)
      this.#checkServable(known, error)
      return known?.item
    }
  }

  /** Returns all items. For the TTL, reads of single items are answered from them too. */
  async all(): Promise<Listing> {
    const now = this.#options.clock.monotonic()
    const held = this.#listing
    if (held && now < held.freshness.expiresAt) {
      if (now >= held.freshness.refreshAt) this.#list().catch(() => undefined)
      return held.items
    }
    try {
      return await this.#list()
    } catch (error) {
      const listing = this.#listing
      this.#checkServable(listing?.freshness, error)
      return listing?.items ?? { flag: new Map(), segment: new Map() }
    }
  }

  /** Expires the entries that a change may concern, so that the next read of each goes to the database. */
  invalidate(change: StoreChange): void {
    const now = this.#options.clock.monotonic()
    switch (change.type) {
      case 'changed':
        for (const key of change.flags) this.#expire('flag', key)
        for (const key of change.segments) this.#expire('segment', key)
        this.#listing = this.#listing?.incomplete(now)
        break
      case 'replaced':
        for (const kind of KINDS)
          for (const key of Array.from(this.#entries[kind].keys())) this.#expire(kind, key)
        this.#listing = this.#listing?.invalidated(now)
        this.#singleFlight.forgetAll()
        break
      case 'interrupted':
        return
      default:
        change satisfies never
    }
    this.#singleFlight.forget('all')
  }

  #expire(kind: ItemKind, key: string): void {
    const known = this.#known(kind, key)
    if (known)
      this.#remember(
        kind,
        key,
        expired({ ...known, requestId: ++this.#requests }, this.#options.clock.monotonic()),
      )
    this.#singleFlight.forget(`${kind} ${key}`)
  }

  /** Returns the entry of the row itself or that of the listing, whichever was requested later. */
  #known(kind: ItemKind, key: string): CacheEntry | undefined {
    const entry = this.#entries[kind].get(key)
    const listing = this.#listing
    return listing && (!entry || entry.requestId < listing.requestId) ? listing.entry(kind, key) : entry
  }

  #fetch(kind: ItemKind, key: string): Promise<Item | undefined> {
    const { store, clock, monitor } = this.#options
    return this.#singleFlight.run(`${kind} ${key}`, async (flight) => {
      const requestId = ++this.#requests
      const row = await store.get(kind, key, flight.signal)
      const item = this.#quarantine.itemOf({ kind, key }, row)
      if (item) this.#hasFoundItem = true
      monitor.update({ stale: false })
      const freshness = freshnessOf(item ? 'present' : 'absent', clock.monotonic(), this.#options)
      if (flight.current) this.#remember(kind, key, { item, requestId, ...freshness })
      return item
    })
  }

  #list(): Promise<Listing> {
    const { store, clock, monitor } = this.#options
    return this.#singleFlight.run('all', async (flight) => {
      const requestId = ++this.#requests
      const { rows } = await store.readAll(flight.signal)
      const items = { flag: new Map<string, Item>(), segment: new Map<string, Item>() }
      await inSlices(rows, clock, (row) => {
        const item = this.#quarantine.itemOf(row, row)
        if (item) items[row.kind].set(row.key, item)
        if (item) this.#hasFoundItem = true
      })
      this.#quarantine.retain(rows)
      monitor.update({ stale: false })
      if (flight.current)
        this.#listing = CachedListing.fresh(items, requestId, clock.monotonic(), this.#options)
      return items
    })
  }

  #remember(kind: ItemKind, key: string, entry: CacheEntry): void {
    const entries = this.#entries[kind]
    entries.delete(key)
    entries.set(key, entry)
    if (entries.size > MAX_ENTRIES) entries.delete(entries.keys().next().value as string)
  }

  #checkServable(freshness: Freshness | undefined, error: unknown): void {
    const { clock, staleOnErrorMs, monitor } = this.#options
    if (!freshness || clock.monotonic() >= freshness.expiresAt + staleOnErrorMs) throw error
    monitor.update({ stale: true })
  }
}

/** Decodes rows. Unreadable rows are left out, and listed in the status until they are readable or removed (D17). */
class Quarantine {
  readonly #monitor: StoreMonitor
  readonly #rows = new Map<string, RowName>()

  constructor(monitor: StoreMonitor) {
    this.#monitor = monitor
  }

  itemOf({ kind, key }: RowName, row: Row | undefined): Item | undefined {
    const name = nameOf({ kind, key })
    const decoded = row && decodeRow(row)
    if (decoded?.type === 'unreadable') {
      if (!this.#rows.has(name)) this.#update(() => this.#rows.set(name, { kind, key }))
      return undefined
    }
    if (this.#rows.has(name)) this.#update(() => this.#rows.delete(name))
    return decoded?.type === 'item' ? decoded.item : undefined
  }

  retain(rows: readonly RowName[]): void {
    if (this.#rows.size === 0) return
    const existing = new Set(rows.map(nameOf))
    for (const name of Array.from(this.#rows.keys()))
      if (!existing.has(name)) this.#update(() => this.#rows.delete(name))
  }

  #update(change: () => void): void {
    change()
    this.#monitor.update({ quarantined: [...this.#rows.values()] })
  }
}

function nameOf({ kind, key }: RowName): string {
  return `${kind} ${key}`
}
