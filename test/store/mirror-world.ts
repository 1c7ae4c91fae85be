import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import { sleep } from '../../src/async/sleep.ts'
import { digestOf, hashRow } from '../../src/layout/digest.ts'
import { resume } from '../../src/layout/resume.ts'
import { decodeRow } from '../../src/layout/row.ts'
import { readSidecar } from '../../src/layout/sidecar.ts'
import type { AppliedChangeSet, Change } from '../../src/model/change-set.ts'
import type { OpenedStore, PersistentStore, Row, StoreWrite } from '../../src/model/persistent-store.ts'
import type { Selector } from '../../src/selector/selector.ts'
import { Mirror } from '../../src/store/mirror/mirror.ts'
import { exclusive, LEASE_MS, unrestricted } from '../../src/store/mirror/write-lease.ts'
import { monitored } from '../../src/store/monitored.ts'
import { StoreMonitor } from '../../src/store/store-monitor.ts'
import { type DatabaseFailure, MemoryDatabase } from '../../src/testing/memory-database.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { ANY_OWNER } from '../support/stored.ts'

/** An event while a mirror writes. */
export type WorldEvent =
  | { readonly type: 'full'; readonly keys: readonly string[] }
  | { readonly type: 'delta'; readonly puts: readonly string[]; readonly deletes: readonly string[] }
  | { readonly type: 'wait'; readonly ms: number }
  | { readonly type: 'fail'; readonly failure: DatabaseFailure }
  | { readonly type: 'heal' | 'wipe' }
  /** The resumed data is applied to memory, or arrives too late. */
  | { readonly type: 'restart'; readonly resumption: 'in time' | 'too late' }
  | { readonly type: 'foreign'; readonly key: string; readonly version: number }
  /** Another writer that can reach the database takes the lease if it is free, and empties the database. */
  | { readonly type: 'usurp'; readonly ms: number }

interface WorldOptions {
  readonly writers: 'all' | 'one'
  /** Latency of each call, in milliseconds. */
  readonly latencyMs: number
}

type Data = ReadonlyMap<string, number>

const KEYS = ['a', 'b', 'c', '__proto__']
/** The beginning of a row of other software. */
const FOREIGN = '{"version":'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** A service, a process that mirrors it and may restart, and a database that fails and loses data. */
export class MirrorWorld {
  readonly #options: WorldOptions
  readonly #clock = new VirtualClock()
  readonly #database = new MemoryDatabase()
  readonly #opened: OpenedStore
  /** All states of the data, by selector. */
  readonly #history = new Map<string, { readonly data: Data; readonly epoch: number }>()
  #data: Data = new Map()
  #version = 0
  #failure: DatabaseFailure | undefined
  #writing = 0
  readonly #violations: string[] = []
  #right: { readonly fence: number; readonly until: number } | undefined
  /** Number of restarts of the versions at 0: no delta leads from one epoch to the next. */
  #epoch = 0
  #process: { readonly mirror: Mirror; readonly close: () => Promise<void> }

  constructor(options: WorldOptions) {
    this.#options = options
    const opened = this.#database
      .description()
      .open({ clock: this.#clock, random: Math.random, logger: silent })
    this.#opened = { ...opened, store: this.#observed(opened.store), lease: this.#recorded(opened.lease) }
    this.#process = this.#start()
  }

  async live(event: WorldEvent): Promise<void> {
    switch (event.type) {
      case 'full':
        if (event.keys.length > 2) {
          this.#version = 0
          this.#epoch++
        }
        this.#apply({ type: 'full', changes: event.keys.map((key) => this.#put(key)) })
        break
      case 'delta': {
        const deletes = event.deletes.filter((key) => !event.puts.includes(key))
        const changes = [
          ...event.puts.map((key) => this.#put(key)),
          ...deletes.map((key) => this.#delete(key)),
        ]
        if (this.#history.size > 0) this.#apply({ type: 'partial', changes })
        break
      }
      case 'wait':
        await this.#clock.advance(event.ms)
        break
      case 'fail':
        this.#failure = event.failure
        this.#database.fail(event.failure)
        break
      case 'heal':
        this.#failure = undefined
        this.#database.heal()
        break
      case 'wipe':
        this.#database.wipe()
        break
      case 'foreign':
        this.#database.put({ kind: 'flag', key: event.key, text: `${FOREIGN}${event.version}}` })
        break
      case 'restart':
        await this.#restart(event.resumption)
        break
      case 'usurp':
        await this.#usurp(event.ms)
        break
      default:
        event satisfies never
    }
    this.#check()
  }

  /** Lets the database answer and time pass. Then it must equal memory, unless other software wrote to it. */
  async settle(): Promise<void> {
    this.#database.heal()
    await this.#clock.advance(120_000)
    this.#check()
    if (this.#history.size === 0 || this.#rows().some(({ text }) => text.startsWith(FOREIGN))) return
    expect(this.#database.marker).toBe(true)
    expect(this.#stored()).toEqual(this.#data)
    const { store } = this.#database
      .description()
      .open({ clock: this.#clock, random: Math.random, logger: silent })
    const stored = await store.readAll(new AbortController().signal)
    expect(await resume(stored, ANY_OWNER, this.#clock)).toMatchObject({ type: 'resumable' })
  }

  async end(): Promise<void> {
    this.#database.heal()
    await this.#close()
    this.#check()
    expect(this.#clock.armed).toBe(0)
  }

  #put(key: string): Change {
    const version = ++this.#version
    return { op: 'put', kind: 'flag', key, version, object: { key, version } }
  }

  #delete(key: string): Change {
    return { op: 'delete', kind: 'flag', key, version: ++this.#version }
  }

  #apply(changeSet: AppliedChangeSet): void {
    const data = new Map(changeSet.type === 'full' ? [] : this.#data)
    for (const { op, key, version } of changeSet.changes) {
      if (op === 'put') data.set(key, version)
      else data.delete(key)
    }
    this.#data = data
    this.#process.mirror.accept({ changeSet, selector: this.#remember(data) })
  }

  #remember(data: Data): Selector {
    const state = `state-${this.#history.size}`
    this.#history.set(state, { data, epoch: this.#epoch })
    return { state, version: 1 }
  }

  #start(): { readonly mirror: Mirror; readonly close: () => Promise<void> } {
    const clock = this.#clock
    const { store, lease } = this.#opened
    const monitor = new StoreMonitor(store.name, 'writer', { clock, logger: silent })
    const mirror = new Mirror({
      store: monitored(store, monitor),
      lease: this.#options.writers === 'one' ? exclusive(lease, monitor, clock) : unrestricted,
      monitor,
      keyFingerprint: 'f',
      clock,
      random: () => 0,
      logger: silent,
    })
    const controller = new AbortController()
    const running = mirror.run(controller.signal)
    const close = async (): Promise<void> => {
      controller.abort()
      await running
    }
    return { mirror, close }
  }

  async #close(): Promise<void> {
    let closed = false
    const closing = this.#process.close().then(() => {
      closed = true
    })
    await this.#clock.advance(2_001)
    expect(closed, 'closed within 2 s').toBe(true)
    await closing
    expect(this.#writing, 'no write is in progress after a close').toBe(0)
  }

  /** Starts the next process, which resumes if it may, and receives the changes since from the service. */
  async #restart(when: 'in time' | 'too late'): Promise<void> {
    await this.#close()
    const { signal } = new AbortController()
    const reading = this.#opened.store.readAll(signal).then(
      (stored) => resume(stored, ANY_OWNER, this.#clock),
      () => undefined,
    )
    const resumption = await Promise.race([reading, this.#clock.advance(10_000).then(() => undefined)])
    this.#right = undefined
    this.#process = this.#start()
    const { mirror } = this.#process
    let held: Data | undefined
    if (resumption?.type === 'resumable') {
      const { changeSet, rows } = resumption
      const { selector } = changeSet
      const then = this.#history.get(selector?.state ?? '')
      expect(versionsOf(changeSet.changes), 'the resumed data equals the data of its selector').toEqual(
        then?.data,
      )
      mirror.resume(changeSet, rows)
      if (when === 'in time') mirror.accept({ changeSet, selector })
      if (when === 'in time' && then?.epoch === this.#epoch) held = then.data
    }
    if (held) {
      const changes = [
        ...this.#puts(held),
        ...[...held.keys()].filter((key) => !this.#data.has(key)).map((key) => this.#delete(key)),
      ]
      if (changes.length > 0)
        mirror.accept({ changeSet: { type: 'partial', changes }, selector: this.#remember(this.#data) })
    } else if (this.#history.size > 0)
      mirror.accept({
        changeSet: { type: 'full', changes: this.#puts(new Map()) },
        selector: this.#remember(this.#data),
      })
  }

  /** Returns the puts that a client with this data lacks. */
  #puts(held: Data): Change[] {
    const differing = [...this.#data].filter(([key, version]) => held.get(key) !== version)
    return differing.map(([key, version]) => ({
      op: 'put',
      kind: 'flag',
      key,
      version,
      object: { key, version },
    }))
  }

  async #usurp(ms: number): Promise<void> {
    const { signal } = new AbortController()
    const { lease, store } = this.#database
      .description()
      .open({ clock: this.#clock, random: Math.random, logger: silent })
    this.#database.heal()
    const fence = await lease.acquire('usurper', ms + 1, signal)
    if (fence !== undefined && this.#options.writers === 'one')
      await store.write({ type: 'full', rows: [], sidecar: '', notice: '', fencingToken: fence }, signal)
    if (this.#failure) this.#database.fail(this.#failure)
  }

  #stored(): Data {
    const items = this.#rows().flatMap((row) => {
      const decoded = decodeRow(row)
      return decoded.type === 'item' ? [decoded.item] : []
    })
    return new Map(items.map(({ key, version }) => [key, version]))
  }

  #rows(): Row[] {
    return KEYS.flatMap((key) => this.#database.row('flag', key) ?? [])
  }

  #check(): void {
    expect(this.#violations).toEqual([])
    expect(this.#isConsistent, 'the sidecar matches only the data of its selector').toBe(true)
  }

  /** True unless the sidecar matches the rows although they are not the data of its selector. */
  get #isConsistent(): boolean {
    const sidecar = readSidecar(this.#database.sidecar)
    if (!sidecar?.selector || !this.#database.marker) return true
    const hashes = this.#rows().map((row) => ({ ...row, hash: hashRow(row) }))
    if (digestOf(hashes) !== sidecar.digest) return true
    return isDeepStrictEqual(this.#stored(), this.#history.get(sidecar.selector.state)?.data)
  }

  /** Adds latency to a store, and checks its writes. */
  #observed(store: PersistentStore): PersistentStore {
    const { latencyMs } = this.#options
    const slowly = async <T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> => {
      await sleep(this.#clock, latencyMs, signal)
      return call()
    }
    return {
      name: store.name,
      writeDelayMs: store.writeDelayMs,
      initialized: (signal) => slowly(signal, () => store.initialized(signal)),
      get: (kind, key, signal) => slowly(signal, () => store.get(kind, key, signal)),
      summary: (signal) => slowly(signal, () => store.summary(signal)),
      readAll: (signal) => slowly(signal, () => store.readAll(signal)),
      write: async (write, signal) => {
        this.#checkWrite(write)
        this.#writing++
        try {
          const report = await slowly(signal, () => store.write(write, signal))
          if (!this.#isConsistent) this.#violations.push('a sidecar that matches rows of another selector')
          return report
        } finally {
          this.#writing--
        }
      },
      close: () => store.close(),
    }
  }

  /** Records a violation for later, because the mirror would treat an exception as a failure of the database. */
  #checkWrite({ fencingToken }: StoreWrite): void {
    if (this.#writing > 0) this.#violations.push('two writes at a time')
    if (this.#options.writers === 'all') return
    if (this.#right?.fence !== fencingToken) this.#violations.push('a write without the fence of its lease')
    if (this.#clock.monotonic() >= (this.#right?.until ?? 0))
      this.#violations.push('a write without the lease')
  }

  #recorded(lease: OpenedStore['lease']): OpenedStore['lease'] {
    return {
      acquire: async (holder, ttlMs, signal) => {
        const until = this.#clock.monotonic() + LEASE_MS
        const fence = await lease.acquire(holder, ttlMs, signal)
        this.#right = fence === undefined ? undefined : { fence, until }
        return fence
      },
      release: (holder, signal) => lease.release(holder, signal),
    }
  }
}

function versionsOf(changes: readonly Change[]): Data {
  return new Map(changes.filter(({ op }) => op === 'put').map(({ key, version }) => [key, version]))
}
