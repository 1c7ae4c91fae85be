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
 * How a database may fail to answer: with an error; by refusing every call, as without a login (`refuse`); not at all; after
 * it did what it was asked (`lost`); or with a write half done (`torn`), as one that cannot do it all at once.
 */
export type DatabaseFailure = 'error' | 'refuse' | 'hang' | 'lost' | 'torn'

/** A database that lives in the test: the same ports, no server, and it fails when told to. */
export class MemoryDatabase {
  readonly #rows: Readonly<Record<ItemKind, Map<string, Row>>> = { flag: new Map(), segment: new Map() }
  readonly #listening = new Set<Queue<StoreChange>>()
  /** What it was asked, in order: `get flag a`, `readAll`, `write delta 2`. */
  readonly asked: string[] = []
  marker = false
  sidecar: string | undefined
  #failure: DatabaseFailure | undefined
  #holder: { readonly name: string; readonly until: number } | undefined
  #fence = 0
  #lastFence = 0

  /** What a data system is given to reach it. */
  description(use: StoreUse = {}): StoreDescription {
    return {
      type: 'memory',
      prefix: 'test',
      ...use,
      open: ({ clock }) => this.#open(() => clock.monotonic()),
    }
  }

  /** Everything asked from now on fails like this, until {@link heal}. */
  fail(failure: DatabaseFailure): void {
    this.#failure = failure
    if (failure !== 'hang') this.tell({ type: 'interrupted', reason: 'the database is down' })
  }

  heal(): void {
    this.#failure = undefined
    this.tell({ type: 'replaced' })
  }

  /** Everything is gone, as after a flush. */
  wipe(): void {
    for (const rows of Object.values(this.#rows)) rows.clear()
    this.marker = false
    this.sidecar = undefined
  }

  /** Deletes one row, or all rows of a kind, and leaves marker and sidecar in place. */
  lose(kind: ItemKind, key?: string): void {
    if (key === undefined) this.#rows[kind].clear()
    else this.#rows[kind].delete(key)
  }

  /** Returns a function that brings the present content back, as a restart from a snapshot does. */
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

  /** Whoever holds the lease has lost it, without being told. */
  expireLease(): void {
    this.#holder = undefined
  }

  /** Changes what stands beside the rows. */
  damage({ marker, sidecar }: { readonly marker?: boolean; readonly sidecar?: string }): void {
    this.marker = marker ?? this.marker
    this.sidecar = sidecar ?? this.sidecar
  }

  /** Puts a row there as other software would: nobody is told. */
  put(row: Row): void {
    this.#rows[row.kind].set(row.key, row)
  }

  /** Tells whoever listens. */
  tell(change: StoreChange): void {
    for (const queue of this.#listening) queue.push(change)
  }

  row(kind: ItemKind, key: string): Row | undefined {
    return this.#rows[kind].get(key)
  }

  #open(now: () => number): OpenedStore {
    return { store: this.#store(), feed: this.#feed(), lease: this.#lease(now) }
  }

  #store(): PersistentStore {
    const ask = <T>(what: string, signal: AbortSignal, answer: () => T): Promise<T> => {
      this.asked.push(what)
      return this.#answer(signal, answer)
    }
    return {
      name: 'memory database',
      writeDelayMs: 0,
      initialized: (signal) => ask('initialized', signal, () => this.marker),
      get: (kind, key, signal) => ask(`get ${kind} ${key}`, signal, () => this.row(kind, key)),
      summary: (signal) =>
        ask('summary', signal, () => ({
          initialized: this.marker,
          ...(this.sidecar !== undefined && { sidecar: this.sidecar }),
          counts: { flag: this.#rows.flag.size, segment: this.#rows.segment.size },
        })),
      readAll: (signal) =>
        ask('readAll', signal, () => ({
          initialized: this.marker,
          rows: [...this.#rows.flag.values(), ...this.#rows.segment.values()],
          ...(this.sidecar !== undefined && { sidecar: this.sidecar }),
        })),
      write: (write, signal) => {
        if (this.#failure === 'torn' && !signal.aborted) this.#writeHalf(write)
        return ask(`write ${write.type} ${write.rows.length}`, signal, () => this.#write(write))
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
    this.tell(readNotice(notice))
    return { refused: [], older: rows.length - newer, ...(replaced !== undefined && { replaced }) }
  }

  /** As far as a write comes before it breaks off: the sidecar goes first, and comes last. */
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
