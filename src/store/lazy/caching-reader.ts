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
  /** How much longer than its TTL something is served while the database does not answer. */
  readonly staleOnErrorMs: number
  readonly clock: Clock
  /** Ends every question that is still open. */
  readonly signal: AbortSignal
}

/** Beyond this many, what was read longest ago is forgotten: keys may come from anywhere. */
const MAX_ENTRIES = 100_000

/**
 * Reads items of a database through a cache (D18): one question per key at a time, answers believed for the TTL and
 * fetched again shortly before its end, absence believed too, and what is old served while the database is down, as far
 * as that is allowed.
 */
export class CachingReader {
  readonly #options: CachingReaderOptions
  readonly #flights: SingleFlight
  readonly #quarantine: Quarantine
  readonly #entries: Readonly<Record<ItemKind, Map<string, CacheEntry>>> = {
    flag: new Map(),
    segment: new Map(),
  }
  #listing: CachedListing | undefined
  #asked = 0
  #found = false
  #hits = 0
  #misses = 0

  constructor(options: CachingReaderOptions) {
    this.#options = options
    this.#flights = new SingleFlight(options)
    this.#quarantine = new Quarantine(options.monitor)
    options.monitor.countWith(() => ({ hits: this.#hits, misses: this.#misses }))
  }

  /** Whether any read so far returned an object. */
  get hasFoundItem(): boolean {
    return this.#found
  }

  /** What was read so far, believed or not. */
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

  /** What is cached and believed; `unknown` when it has to be asked for. */
  peek(kind: ItemKind, key: string): Item | 'absent' | 'unknown' {
    const now = this.#options.clock.monotonic()
    const known = this.#known(kind, key)
    if (!known || now >= known.expiresAt) return 'unknown'
    this.#hits++
    // Nobody waits for this one; whoever reads after the end of the TTL meets its error, if it lasts.
    if (now >= known.refreshAt) this.#fetch(kind, key).catch(() => undefined)
    return known.item ?? 'absent'
  }

  /** Asks, or joins who asks already. Rejects with a {@link StoreError} when there is nothing to serve instead. */
  async read(kind: ItemKind, key: string): Promise<Item | undefined> {
    this.#misses++
    try {
      return await this.#fetch(kind, key)
    } catch (error) {
      const known = this.#known(kind, key)
      this.#mustServe(known, error)
      return known?.item
    }
  }

  /** Everything, believed for the TTL; reads of single items are answered from it meanwhile. */
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
      this.#mustServe(listing?.freshness, error)
      return listing?.items ?? { flag: new Map(), segment: new Map() }
    }
  }

  /** Something was written, perhaps: it is asked for when it is read next. */
  invalidate(change: StoreChange): void {
    const now = this.#options.clock.monotonic()
    switch (change.type) {
      case 'changed':
        for (const key of change.flags) this.#doubt('flag', key)
        for (const key of change.segments) this.#doubt('segment', key)
        this.#listing = this.#listing?.incomplete(now)
        break
      case 'replaced':
        for (const kind of KINDS)
          for (const key of Array.from(this.#entries[kind].keys())) this.#doubt(kind, key)
        this.#listing = this.#listing?.invalidated(now)
        this.#flights.forgetAll()
        break
      case 'interrupted':
        return
      default:
        change satisfies never
    }
    this.#flights.forget('all')
  }

  #doubt(kind: ItemKind, key: string): void {
    const known = this.#known(kind, key)
    if (known)
      this.#remember(kind, key, expired({ ...known, asked: ++this.#asked }, this.#options.clock.monotonic()))
    this.#flights.forget(`${kind} ${key}`)
  }

  /** By itself or from a listing, whichever was asked for later. */
  #known(kind: ItemKind, key: string): CacheEntry | undefined {
    const entry = this.#entries[kind].get(key)
    const listing = this.#listing
    return listing && (!entry || entry.asked < listing.asked) ? listing.entry(kind, key) : entry
  }

  #fetch(kind: ItemKind, key: string): Promise<Item | undefined> {
    const { store, clock, monitor } = this.#options
    return this.#flights.run(`${kind} ${key}`, async (flight) => {
      const asked = ++this.#asked
      const row = await store.get(kind, key, flight.signal)
      const item = this.#quarantine.itemOf({ kind, key }, row)
      if (item) this.#found = true
      monitor.update({ stale: false })
      const life = freshnessOf(item ? 'present' : 'absent', clock.monotonic(), this.#options)
      if (flight.current) this.#remember(kind, key, { item, asked, ...life })
      return item
    })
  }

  #list(): Promise<Listing> {
    const { store, clock, monitor } = this.#options
    return this.#flights.run('all', async (flight) => {
      const asked = ++this.#asked
      const { rows } = await store.readAll(flight.signal)
      const items = { flag: new Map<string, Item>(), segment: new Map<string, Item>() }
      await inSlices(rows, clock, (row) => {
        const item = this.#quarantine.itemOf(row, row)
        if (item) items[row.kind].set(row.key, item)
        if (item) this.#found = true
      })
      this.#quarantine.keep(rows)
      monitor.update({ stale: false })
      if (flight.current) this.#listing = CachedListing.fresh(items, asked, clock.monotonic(), this.#options)
      return items
    })
  }

  #remember(kind: ItemKind, key: string, entry: CacheEntry): void {
    const entries = this.#entries[kind]
    entries.delete(key)
    entries.set(key, entry)
    if (entries.size > MAX_ENTRIES) entries.delete(entries.keys().next().value as string)
  }

  /** Throws the error unless what expired then may still be served. */
  #mustServe(life: Freshness | undefined, error: unknown): void {
    const { clock, staleOnErrorMs, monitor } = this.#options
    if (!life || clock.monotonic() >= life.expiresAt + staleOnErrorMs) throw error
    monitor.update({ stale: true })
  }
}

/** Makes items of rows; a row nobody can read is left out, and named in the status until it can be, or is gone (D17). */
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
      if (!this.#rows.has(name)) this.#note(() => this.#rows.set(name, { kind, key }))
      return undefined
    }
    if (this.#rows.has(name)) this.#note(() => this.#rows.delete(name))
    return decoded?.type === 'item' ? decoded.item : undefined
  }

  /** These are all the rows there are. */
  keep(rows: readonly RowName[]): void {
    if (this.#rows.size === 0) return
    const there = new Set(rows.map(nameOf))
    for (const name of Array.from(this.#rows.keys()))
      if (!there.has(name)) this.#note(() => this.#rows.delete(name))
  }

  #note(change: () => void): void {
    change()
    this.#monitor.update({ quarantined: [...this.#rows.values()] })
  }
}

function nameOf({ kind, key }: RowName): string {
  return `${kind} ${key}`
}
