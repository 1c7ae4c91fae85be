import { Queue } from '../async/queue.ts'
import { versionIn } from '../layout/row.ts'
import { readNotice } from '../layout/sidecar.ts'
import type { ItemKind } from '../model/change-set.ts'
import { StoreError } from '../model/errors.ts'
import type {
  ChangeFeed,
  Lease,
  OpenedStore,
  PersistentStore,
  Row,
  RowName,
  StoreChange,
  StoreDescription,
  StoreUse,
  StoreWrite,
  WriteReport,
} from '../model/persistent-store.ts'

/**
 * A failure of a database. `error`: every call fails. `refuse`: every call is refused, as with a wrong password. `hang`: no
 * call is answered. `lost`: a call is executed, but its answer is lost. `torn`: half of a write is executed, as in a
 * database without transactions.
 */
export type DatabaseFailure = 'error' | 'refuse' | 'hang' | 'lost' | 'torn'

/**
 * A database in the memory of a test. It implements the interfaces of a store, a feed and a lease without a server, and a
 * test can make it fail.
 */
export class MemoryDatabase {
  readonly #rows: Readonly<Record<ItemKind, Map<string, Row>>> = { flag: new Map(), segment: new Map() }
  readonly #listening = new Set<Queue<StoreChange>>()
  /** All calls in their order, for example `get flag a`, `readAll`, `write delta 2`. */
  readonly calls: string[] = []
  /** True if the marker is set: the database holds complete data. Default false. */
  marker = false
  /** The text of the sidecar; `undefined` if there is none. */
  sidecar: string | undefined
  #failure: DatabaseFailure | undefined
  #holder: { readonly name: string; readonly until: number } | undefined
  #fence = 0
  #lastFence = 0

  /** Returns the store for the options of a data system. */
  description(use: StoreUse = {}): StoreDescription {
    return {
      type: 'memory',
      prefix: 'test',
      ...use,
      open: ({ clock }) => this.#open(() => clock.monotonic()),
    }
  }

  /** Makes all calls fail, until {@link MemoryDatabase.heal}. Listeners of the feed are notified, except with `hang`. */
  fail(failure: DatabaseFailure): void {
    this.#failure = failure
    if (failure !== 'hang') this.notify({ type: 'interrupted', reason: 'the database is down' })
  }

  /** Ends a failure. Listeners of the feed are notified that any row may have changed. */
  heal(): void {
    this.#failure = undefined
    this.notify({ type: 'replaced' })
  }

  /** Deletes all rows, the marker and the sidecar, like a flush. */
  wipe(): void {
    for (const rows of Object.values(this.#rows)) rows.clear()
    this.marker = false
    this.sidecar = undefined
  }

  /** Deletes one row, or without a key all rows of a kind. The marker and the sidecar stay. */
  deleteRows(kind: ItemKind, key?: string): void {
    if (key === undefined) this.#rows[kind].clear()
    else this.#rows[kind].delete(key)
  }

  /** Returns a function that restores the present content, like a restart from a backup. */
  save(): () => void {
    const { marker, sidecar } = this
    const rows = { flag: new Map(this.#rows.flag), segment: new Map(this.#rows.segment) }
    return () => {
      this.wipe()
      for (const row of [...rows.flag.values(), ...rows.segment.values()]) this.put(row)
      this.marker = marker
      this.sidecar = sidecar
    }
  }

  /** Takes the lease away from its holder, without a notification. */
  expireLease(): void {
    this.#holder = undefined
  }

  /** Changes the marker or the sidecar. Members that are absent stay unchanged. */
  damage({ marker, sidecar }: { readonly marker?: boolean; readonly sidecar?: string }): void {
    this.marker = marker ?? this.marker
    this.sidecar = sidecar ?? this.sidecar
  }

  /** Writes a row like other software: listeners of the feed are not notified. */
  put(row: Row): void {
    this.#rows[row.kind].set(row.key, row)
  }

  /** Notifies the listeners of the feed of a change. */
  notify(change: StoreChange): void {
    for (const queue of this.#listening) queue.push(change)
  }

  /** Returns a row; `undefined` if there is none. */
  row(kind: ItemKind, key: string): Row | undefined {
    return this.#rows[kind].get(key)
  }

  #open(now: () => number): OpenedStore {
    return { store: this.#store(), feed: this.#feed(), lease: this.#lease(now) }
  }

  #store(): PersistentStore {
    const call = <T>(name: string, signal: AbortSignal, answer: () => T): Promise<T> => {
      this.calls.push(name)
      return this.#answer(signal, answer)
    }
    return {
      name: 'memory database',
      writeDelayMs: 0,
      initialized: (signal) => call('initialized', signal, () => this.marker),
      get: (kind, key, signal) => call(`get ${kind} ${key}`, signal, () => this.row(kind, key)),
      summary: (signal) =>
        call('summary', signal, () => ({
          initialized: this.marker,
          ...(this.sidecar !== undefined && { sidecar: this.sidecar }),
          counts: { flag: this.#rows.flag.size, segment: this.#rows.segment.size },
        })),
      readAll: (signal) =>
        call('readAll', signal, () => ({
          initialized: this.marker,
          rows: [...this.#rows.flag.values(), ...this.#rows.segment.values()],
          ...(this.sidecar !== undefined && { sidecar: this.sidecar }),
        })),
      write: (write, signal) => {
        if (this.#failure === 'torn' && !signal.aborted) this.#writeHalf(write)
        return call(`write ${write.type} ${write.rows.length}`, signal, () => this.#write(write))
      },
      close: () => Promise.resolve(),
    }
  }

  #write({ type, rows, sidecar, notice, fencingToken }: StoreWrite): WriteReport {
    if (this.#isFenced(fencingToken)) throw new StoreError('fenced', 'another writer holds the lease')
    this.#lastFence = fencingToken ?? this.#lastFence
    if (type === 'full') for (const kind of Object.values(this.#rows)) kind.clear()
    const newer = this.#putNewer(type, rows)
    this.marker ||= type !== 'delta'
    const replaced = type === 'full' ? undefined : this.sidecar
    this.sidecar = sidecar
    this.notify(readNotice(notice))
    return { refused: [], older: rows.length - newer, ...(replaced !== undefined && { replaced }) }
  }

  /** Executes half of a write. A full write deletes the sidecar first, and writes it last. */
  #writeHalf({ type, rows, fencingToken }: StoreWrite): void {
    if (this.#isFenced(fencingToken)) return
    if (type === 'full') this.sidecar = undefined
    this.#putNewer(type, rows.slice(0, Math.ceil(rows.length / 2)))
  }

  #putNewer(type: StoreWrite['type'], rows: StoreWrite['rows']): number {
    const newer = rows.filter((row) => type === 'full' || row.version > this.#versionOf(row))
    for (const { kind, key, text } of newer) this.put({ kind, key, text })
    return newer.length
  }

  #isFenced(fence: number | undefined): boolean {
    return fence !== undefined && fence < this.#lastFence
  }

  #versionOf(name: RowName): number {
    const held = this.row(name.kind, name.key)
    return held ? versionIn(name, held.text) : -Infinity
  }

  #feed(): ChangeFeed {
    const listening = this.#listening
    return {
      async *changes(signal) {
        const queue = new Queue<StoreChange>()
        queue.push({ type: 'replaced' })
        listening.add(queue)
        const end = (): void => queue.close()
        signal.addEventListener('abort', end, { once: true })
        try {
          if (!signal.aborted) yield* queue
        } finally {
          signal.removeEventListener('abort', end)
          listening.delete(queue)
        }
      },
    }
  }

  #lease(now: () => number): Lease {
    return {
      acquire: (name, ttlMs, signal) =>
        this.#answer(signal, () => {
          const free = !this.#holder || this.#holder.until <= now()
          if (!free && this.#holder?.name !== name) return undefined
          if (this.#holder?.name !== name || free) this.#fence++
          this.#holder = { name, until: now() + ttlMs }
          return this.#fence
        }),
      release: (name, signal) =>
        this.#answer(signal, () => {
          if (this.#holder?.name === name) this.#holder = undefined
        }),
    }
  }

  #answer<T>(signal: AbortSignal, answer: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const unavailable = (): void => reject(new StoreError('unavailable', 'the database does not answer'))
      if (signal.aborted) return unavailable()
      const failure = this.#failure
      switch (failure) {
        case undefined:
          return resolve(answer())
        case 'refuse':
          return reject(new StoreError('refused', 'the database wants a password'))
        case 'hang':
          return signal.addEventListener('abort', unavailable, { once: true })
        case 'lost':
          answer()
          return unavailable()
        case 'error':
        case 'torn':
          return unavailable()
        default:
          return failure satisfies never
      }
    })
  }
}
