import type { Clock } from '../../async/clock.ts'
import type { StoreChange } from '../../model/change-feed.ts'
import type { Item } from '../../model/change-set.ts'
import { StoreError } from '../../model/errors.ts'
import { KINDS, type Kind } from '../../model/kind.ts'
import type { PersistentStore } from '../../model/persistent-store.ts'
import type { ItemReader } from '../dependents.ts'
import type { StoreMonitor } from '../store-monitor.ts'
import { type Entry, expired, freshEntry, type Lifetime, LONGEST_NEGATIVE_MS } from './entry.ts'
import { Flights } from './flights.ts'
import { Quarantine } from './quarantine.ts'

export interface CachingReaderOptions extends Lifetime {
  readonly store: PersistentStore
  readonly monitor: StoreMonitor
  /** How much longer than its TTL something is served while the database does not answer. */
  readonly staleOnErrorMs: number
  readonly clock: Clock
  /** Ends every question that is still open. */
  readonly signal: AbortSignal
}

/** Everything of both kinds, at one moment. */
export type Listing = Readonly<Record<Kind, ReadonlyMap<string, Item>>>

interface KeptListing {
  readonly items: Listing
  readonly expiresAt: number
  /** Until when it is believed of what is not in it that it is not there. */
  readonly completeUntil: number
}

/** Beyond this many, what was read longest ago is forgotten: keys may come from anywhere. */
const MOST_ENTRIES = 100_000

/**
 * Reads items of a database through a cache (D18): one question per key at a time, answers believed for the TTL and
 * fetched again shortly before its end, absence believed too, and what is old served while the database is down, as far
 * as that is allowed.
 */
export class CachingReader {
  readonly #options: CachingReaderOptions
  readonly #flights: Flights
  readonly #quarantine: Quarantine
  readonly #entries: Readonly<Record<Kind, Map<string, Entry>>> = { flag: new Map(), segment: new Map() }
  #listing: KeptListing | undefined
  #hits = 0
  #misses = 0

  constructor(options: CachingReaderOptions) {
    this.#options = options
    this.#flights = new Flights(options)
    this.#quarantine = new Quarantine(options.monitor)
  }

  /** How often reads found what they looked for, and how often they had to ask. */
  get counts(): { readonly hits: number; readonly misses: number } {
    return { hits: this.#hits, misses: this.#misses }
  }

  /** What was read so far, believed or not. */
  seen(): ItemReader {
    const items = (kind: Kind): Map<string, Item> => {
      const found = new Map(this.#listing?.items[kind])
      for (const [key, { item }] of this.#entries[kind]) if (item) found.set(key, item)
      return found
    }
    const all: Readonly<Record<Kind, Map<string, Item>>> = { flag: items('flag'), segment: items('segment') }
    return { get: (kind, key) => all[kind].get(key), all: (kind) => all[kind] }
  }

  /** What is cached and believed; `unknown` when it has to be asked for. */
  peek(kind: Kind, key: string): Item | 'absent' | 'unknown' {
    const now = this.#options.clock.monotonic()
    const listed = this.#listing && now < this.#listing.expiresAt && this.#listing.items[kind].get(key)
    if (listed || (this.#listing && now < this.#listing.completeUntil)) {
      this.#hits++
      return listed || 'absent'
    }
    const entry = this.#entries[kind].get(key)
    if (!entry || now >= entry.expiresAt) return 'unknown'
    this.#hits++
    // Nobody waits for this one; whoever reads after the end of the TTL meets its error, if it lasts.
    if (now >= entry.refreshAt) this.#fetch(kind, key).catch(() => undefined)
    return entry.item ?? 'absent'
  }

  /** Asks, or joins who asks already. Rejects with a {@link StoreError} when there is nothing to serve instead. */
  async read(kind: Kind, key: string): Promise<Item | undefined> {
    this.#misses++
    try {
      return await this.#fetch(kind, key)
    } catch (error) {
      const entry = this.#entries[kind].get(key)
      this.#mustServe(entry?.expiresAt, error)
      return entry?.item
    }
  }

  /** Everything, believed for the TTL; reads of single items are answered from it meanwhile. */
  async all(): Promise<Listing> {
    const { clock, store, ttlMs, random } = this.#options
    if (this.#listing && clock.monotonic() < this.#listing.expiresAt) return this.#listing.items
    try {
      return await this.#flights.share('all', async (flight) => {
        const { rows } = await store.readAll(flight.signal)
        const items = { flag: new Map<string, Item>(), segment: new Map<string, Item>() }
        for (const row of rows) {
          const item = this.#quarantine.itemOf(row)
          if (item) items[row.kind].set(row.key, item)
        }
        const now = clock.monotonic()
        const expiresAt = now + ttlMs * (1 - random() / 10)
        const completeUntil = Math.min(expiresAt, now + LONGEST_NEGATIVE_MS)
        if (flight.current) this.#listing = { items, expiresAt, completeUntil }
        return items
      })
    } catch (error) {
      const held = this.#listing
      this.#mustServe(held?.expiresAt, error)
      return held?.items ?? { flag: new Map(), segment: new Map() }
    }
  }

  /** Something was written, perhaps: it is asked for when it is read next. */
  invalidate(change: StoreChange): void {
    switch (change.type) {
      case 'changed':
        for (const key of change.flags) this.#doubt('flag', key)
        for (const key of change.segments) this.#doubt('segment', key)
        break
      case 'replaced':
        for (const kind of KINDS) for (const key of this.#entries[kind].keys()) this.#doubt(kind, key)
        this.#flights.forgetAll()
        break
      case 'interrupted':
        return
      default:
        change satisfies never
    }
    this.#flights.forget('all')
    const now = this.#options.clock.monotonic()
    if (this.#listing) {
      const { items, expiresAt } = this.#listing
      this.#listing = { items, expiresAt: Math.min(expiresAt, now), completeUntil: 0 }
    }
  }

  #doubt(kind: Kind, key: string): void {
    const entry = this.#entries[kind].get(key)
    if (entry) this.#entries[kind].set(key, expired(entry, this.#options.clock.monotonic()))
    this.#flights.forget(`${kind} ${key}`)
  }

  #fetch(kind: Kind, key: string): Promise<Item | undefined> {
    const { store, clock } = this.#options
    return this.#flights.share(`${kind} ${key}`, async (flight) => {
      const row = await store.get(kind, key, flight.signal)
      const item = row && this.#quarantine.itemOf(row)
      this.#options.monitor.note({ stale: false })
      if (flight.current) this.#remember(kind, key, freshEntry(item, clock.monotonic(), this.#options))
      return item
    })
  }

  #remember(kind: Kind, key: string, entry: Entry): void {
    const entries = this.#entries[kind]
    entries.delete(key)
    entries.set(key, entry)
    if (entries.size > MOST_ENTRIES) entries.delete(entries.keys().next().value as string)
  }

  /** Throws the error unless what expired then may still be served. */
  #mustServe(expiredAt: number | undefined, error: unknown): void {
    const { clock, staleOnErrorMs, monitor } = this.#options
    const usable = expiredAt !== undefined && clock.monotonic() < expiredAt + staleOnErrorMs
    if (!usable) throw error instanceof StoreError ? error : new StoreError('unavailable', String(error))
    monitor.note({ stale: true })
  }
}
