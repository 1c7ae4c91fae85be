import { sleep } from '../../../src/async/sleep.ts'
import { createDataSystem } from '../../../src/config/create-data-system.ts'
import { presets } from '../../../src/config/presets.ts'
import type { DataSystem } from '../../../src/datasystem/data-system.ts'
import { decodeRow, versionIn } from '../../../src/layout/row.ts'
import type { PersistentStore, StoreWrite } from '../../../src/model/persistent-store.ts'
import { pathBetween, type Step } from '../../../src/server/history.ts'
import { MemoryDatabase } from '../../../src/testing/memory-database.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import { Random } from '../../support/random.ts'
import { ensure } from '../violation.ts'
import { COUNT_INTERVAL_MS, rarelyCounted } from './counting.ts'
import { type Flaw, flawedStore } from './flaws.ts'
import { SimulatedRelay } from './relay.ts'
import { KEYS, Service } from './service.ts'

/** Longest latency of the database, in milliseconds. */
const MAX_LATENCY_MS = 3_000
/** Longest time until a check detects a loss in a database that answers, in milliseconds. */
const DETECTED_MS = 5_000 + 4 * MAX_LATENCY_MS + 1_000
/** Time limit after an outage: the last check may hang for 30 s, and the next one is up to 10 s later. */
const RECOVERED_MS = 40_000 + DETECTED_MS
/** Shortest time for which a writer whose source is interrupted leaves a repair to others: 60 s less two samples. */
const LEFT_TO_OTHERS_MS = 58_000
/** The longest pause between two repairs, and the time of a check, in milliseconds. */
const SETTLED_MS = 660_000
/** Longest time until a connected writer has the lease and has written, in milliseconds. */
const HANDED_OVER_MS = 120_000
const SAMPLE_MS = 500

const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** Two relays and two readers with one database that fails in many ways, and clients that move between the relays. */
export class StoreWorld {
  readonly #random: Random
  readonly #clock = new VirtualClock(1_700_000_000_000)
  readonly #database = new MemoryDatabase()
  readonly #flaw: Flaw | undefined
  readonly #service: Service
  readonly #relays: readonly SimulatedRelay[]
  readonly #readers: readonly DataSystem[]
  /** The history that the relays share, and the complete history. They differ only with a flaw. */
  readonly #journal: Step[] = []
  readonly #steps: Step[] = []
  readonly #violations: unknown[] = []
  readonly #clients: (number | undefined)[] = [undefined, undefined, undefined]
  readonly #restores: (() => void)[] = []
  readonly trace: string[] = []
  /** Longest time until a check counts the rows, in milliseconds. */
  readonly #countIntervalMs: number
  #latencyMs = 0
  #healthySince: number | undefined = 0

  constructor(seed: number, flaw?: Flaw) {
    this.#random = new Random(seed)
    this.#flaw = flaw
    this.#service = new Service(this.#random.fork())
    const writers = this.#random.chance(0.75) ? 'all' : 'one'
    this.#countIntervalMs = this.#random.chance(0.25) ? COUNT_INTERVAL_MS : 0
    this.#relays = [0, 1].map((index) => this.#relay(index, writers))
    this.#readers = [0, 1].map(() =>
      createDataSystem('sdk-key', presets.daemon(this.#database.description({ reads: 'snapshot' })), {
        clock: this.#clock,
        random: () => this.#random.next(),
        logger: silent,
      }),
    )
  }

  /** Runs random events, and then waits without further events. Throws the first violation of a rule. */
  async live(): Promise<void> {
    try {
      for (let event = this.#random.int(10, 60); event > 0; event--) {
        if (this.#random.chance(0.03)) await this.#strand()
        else this.#runEvent()
        await this.#pass(this.#random.pick([1, 300, 2_000, 6_000, 15_000]))
      }
      await this.#settle()
    } finally {
      this.#database.heal()
      await Promise.all([...this.#relays, ...this.#readers].map((each) => each.close()))
    }
    ensure(this.#clock.armed === 0, () => `${this.#clock.armed} timers are armed after close`)
  }

  #runEvent(): void {
    const random = this.#random
    const relay = random.pick(this.#relays)
    const database = this.#database
    const events: readonly (readonly [string, number, () => void])[] = [
      ['change', 8, () => this.#change()],
      ['connect', 4, () => relay.connect()],
      ['disconnect', 3, () => relay.disconnect()],
      ['reload', 1, () => relay.reload()],
      ['fail', 2, () => this.#fail()],
      ['heal', 3, () => this.#heal()],
      ['latency', 2, () => this.#delay(random.pick([0, 0, 50, 800, MAX_LATENCY_MS]))],
      ['wipe', 1, () => database.wipe()],
      ['lose a row', 1, () => database.deleteRows('flag', random.pick(KEYS))],
      ['lose all rows', 1, () => database.deleteRows('flag')],
      ['lose the marker', 1, () => database.damage({ marker: false })],
      ['save', 2, () => void this.#restores.push(database.save())],
      ['restore', 2, () => random.pick([...this.#restores, () => {}])()],
      ['client', 6, () => this.#moveClient()],
    ]
    const [name, , happen] = random.pick(
      events.flatMap((event) => Array.from({ length: event[1] }, () => event)),
    )
    this.trace.push(`${this.#clock.monotonic()}: ${name}`)
    happen()
    this.#sample()
  }

  /**
   * Interrupts both sources, one of them before items are deleted, and loses everything: the writer with the older data may
   * be the first to repair it (S148).
   */
  async #strand(): Promise<void> {
    this.trace.push(`${this.#clock.monotonic()}: strand`)
    this.#delay(this.#random.pick([0, MAX_LATENCY_MS]))
    const [older, later] = this.#random.chance(0.5) ? this.#relays : this.#relays.toReversed()
    older?.connect()
    older?.disconnect()
    later?.connect()
    for (let count = 0; count < 3; count++) this.#change()
    later?.reload()
    await this.#pass(6_000)
    later?.disconnect()
    this.#database.wipe()
    await this.#pass(90_000)
  }

  #change(): void {
    this.#service.change()
    for (const relay of this.#relays) relay.receive()
  }

  #fail(): void {
    this.#healthySince = undefined
    this.#database.fail(this.#random.pick(['error', 'hang', 'lost', 'torn']))
  }

  #heal(): void {
    this.#healthySince ??= this.#clock.monotonic()
    this.#database.heal()
  }

  #delay(ms: number): void {
    this.#latencyMs = ms
  }

  /** A client connects to a relay with its state. It must not get an earlier one if the history shows the order. */
  #moveClient(): void {
    const index = this.#random.int(0, this.#clients.length - 1)
    const held = this.#clients[index]
    const { publication, state } = this.#random.pick(this.#relays)
    if (state === undefined) return
    const basis = held === undefined ? '' : `s${held}`
    const answer =
      publication.answerFrom(basis) ??
      publication.answerFrom(basis, this.#journal) ??
      publication.answer(basis)
    const next = Number(answer?.target.state.slice(1))
    this.#clients[index] = next
    if (held === undefined || next >= held) return
    const canTell = pathBetween(this.#steps, `s${state}`, basis) !== undefined
    ensure(!canTell, () => `a client at state ${held} was taken back to ${next}`)
  }

  async #pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= SAMPLE_MS) {
      await this.#clock.advance(Math.min(left, SAMPLE_MS))
      this.#sample()
    }
  }

  async #settle(): Promise<void> {
    this.trace.push(`${this.#clock.monotonic()}: settle`)
    this.#heal()
    this.#latencyMs = 0
    const [one, two] = this.#relays as readonly [SimulatedRelay, SimulatedRelay]
    one.connect()
    if (this.#random.chance(0.6)) two.connect()
    else two.disconnect()
    this.#change()
    await this.#pass(HANDED_OVER_MS)
    const before = this.#service.versions(this.#service.latest - 1)
    const late = [...this.#service.versions(this.#service.latest)].filter(
      ([key, version]) => before.get(key) !== version && this.#lacks([key, version]),
    )
    ensure(late.length === 0, () => `the last change is not in the database: ${late.join()}`)
    await this.#pass(SETTLED_MS)
    const latest = this.#service.versions(this.#service.latest)
    const wrong = [...latest].filter((item) => this.#lacks(item))
    ensure(this.#database.marker && wrong.length === 0, () => `the database does not hold ${wrong.join()}`)
    for (const { monitor } of this.#relays) {
      const { stale, lost } = monitor.status.current
      ensure(!stale && !lost, () => `the status is stale ${stale}, lost ${lost}, and nothing is missing`)
    }
    for (const reader of this.#readers) {
      const held = [...reader.snapshot().flags].map(([key, { version }]) => `${key} ${version}`).sort()
      const due = [...latest].flatMap(([key, version]) => (version > 0 ? [`${key} ${version}`] : [])).sort()
      ensure(held.join() === due.join(), () => `a reader holds ${held.join()}, and not ${due.join()}`)
    }
  }

  /** Checks that the status of every relay reports missing rows within the permitted time. */
  #sample(): void {
    if (this.#violations.length > 0) throw this.#violations[0]
    const now = this.#clock.monotonic()
    for (const relay of this.#relays) {
      const { stale, lost, role } = relay.monitor.status.current
      relay.writerSince = role === 'writer' ? (relay.writerSince ?? now) : undefined
      const lacking = this.#lackingIn(relay)
      for (const what of relay.lacking.keys()) if (!lacking.includes(what)) relay.lacking.delete(what)
      for (const what of lacking) if (!relay.lacking.has(what)) relay.lacking.set(what, now)
      const isSeen = stale && (lost || this.#differsFrom(relay) || relay.seenSince !== undefined)
      relay.seenSince = isSeen ? (relay.seenSince ?? now) : undefined
      if (lacking.length === 0) {
        relay.lackingSince = undefined
        relay.pendingSince = undefined
        continue
      }
      relay.lackingSince ??= now
      if (relay.writerSince === undefined) continue
      const longest = Math.min(...relay.lacking.values())
      const noticedBy = Math.max(
        Math.max(longest, relay.writerSince) + DETECTED_MS + this.#countIntervalMs,
        (this.#healthySince ?? now) + RECOVERED_MS + this.#countIntervalMs,
      )
      ensure(stale || now < noticedBy, () => 'rows are missing, and the status does not report it')
      const lateMs = now - Math.max(relay.pendingSince ?? now, relay.writerSince)
      ensure(
        stale || lateMs <= 1_000 + SAMPLE_MS,
        () => `a write is pending for ${lateMs} ms, and the status does not report it`,
      )
    }
  }

  /** Returns the keys of a relay's items that the database lacks. */
  #lackingIn({ state, held }: SimulatedRelay): readonly string[] {
    if (state === undefined) return []
    // A relay that started with a full payload has no tombstones of earlier deletions.
    const items = [...held].flatMap((item) => (item[1] > 0 && this.#lacks(item) ? [item[0]] : []))
    return this.#database.marker ? items : ['marker', ...items]
  }

  /**
   * Returns true if rows are missing, or have returned, as far as a relay knows: it does not know the deletions since its
   * source was interrupted.
   */
  #differsFrom({ state, held }: SimulatedRelay): boolean {
    if (state === undefined) return false
    const isWrong = (key: string): boolean => {
      const version = held.get(key) ?? 0
      return version > 0 ? version > this.#stored(key) : this.#holdsItem(key)
    }
    return !this.#database.marker || KEYS.some(isWrong)
  }

  /** Returns true unless the row exists in this version or a later one. A deleted item may be missing, or an older tombstone. */
  #lacks([key, version]: readonly [string, number]): boolean {
    const stored = this.#stored(key)
    if (version > 0) return stored < version && !(stored === 0 && this.#service.wasDeleted(key, version))
    return stored < -version && this.#holdsItem(key)
  }

  #holdsItem(key: string): boolean {
    const row = this.#database.row('flag', key)
    return row !== undefined && decodeRow(row).type === 'item'
  }

  #stored(key: string): number {
    const row = this.#database.row('flag', key)
    return row ? versionIn(row, row.text) : 0
  }

  #relay(index: number, writers: 'all' | 'one'): SimulatedRelay {
    const { clock, random } = { clock: this.#clock, random: this.#random.fork() }
    const opened = this.#database.description().open({ clock, random: () => random.next(), logger: silent })
    const store = flawedStore(this.#observed(opened.store, index), this.#flaw)
    return new SimulatedRelay({
      service: this.#service,
      opened: { ...opened, store },
      writers,
      clock,
      random,
      flaw: this.#flaw,
      onStep: (step) => {
        this.#steps.push(step)
        if (this.#flaw !== 'servers share no history') this.#journal.push(step)
      },
      log: (line) => void this.trace.push(`${clock.monotonic()}: relay ${index}: ${line}`),
      accepted: (relay) => {
        relay.acceptedAt = clock.monotonic()
        relay.pendingSince ??= relay.acceptedAt
      },
    })
  }

  /** Adds latency to a store, and checks its writes. */
  #observed(store: PersistentStore, index: number): PersistentStore {
    const slowly = async <T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> => {
      await sleep(this.#clock, this.#latencyMs, signal)
      return call()
    }
    const counted = this.#countIntervalMs > 0 ? rarelyCounted(store, this.#clock, this.#flaw) : store
    return {
      ...store,
      initialized: (signal) => slowly(signal, () => store.initialized(signal)),
      summary: (signal) => slowly(signal, () => counted.summary(signal)),
      readAll: (signal) =>
        slowly(signal, async () => {
          const stored = await counted.readAll(signal)
          const seen = stored.rows.map((row) => [row.key, versionIn(row, row.text)] as const)
          const relay = this.#relays[index]
          if (relay) relay.versionsSeen = new Map(seen)
          return stored
        }),
      write: (write, signal) =>
        this.#tracked(index, write, () =>
          slowly(signal, () => {
            this.#checkWrite(write, index)
            return store.write(write, signal)
          }),
        ),
    }
  }

  /** Updates the pending time and the missing rows of a relay after a write. */
  async #tracked<T>(index: number, { type, rows }: StoreWrite, write: () => Promise<T>): Promise<T> {
    const relay = this.#relays[index]
    if (!relay) return write()
    const { state, payloads } = relay
    const result = await write()
    relay.pendingSince = relay.state === state ? undefined : relay.acceptedAt
    relay.payloadsWritten = payloads
    // If a later version of one of these rows is pending already, that version is missing only from now on.
    for (const { key } of rows) relay.lacking.delete(key)
    if (type !== 'delta') relay.lacking.delete('marker')
    return result
  }

  /** Records a violation for the next sample, because the mirror would treat an exception as a failure of the database. */
  #checkWrite({ type, rows }: StoreWrite, index: number): void {
    const relay = this.#relays[index]
    // A full payload replaces everything. Only a write after its confirmation is a repair.
    if (!relay || type === 'delta' || relay.payloads > relay.payloadsWritten) return
    try {
      // Another writer may write a later row between the comparison and a replacement, and will write it again.
      const lowered = rows.filter(
        ({ key, version }) =>
          type === 'full' && version < Math.min(this.#stored(key), relay.versionsSeen.get(key) ?? 0),
      )
      ensure(lowered.length === 0, () => `a repair lowers ${lowered.map(({ key }) => key).join()}`)
      const now = this.#clock.monotonic()
      const isAway = !relay.isConnected && now - relay.disconnectedAt > 2 * MAX_LATENCY_MS + SAMPLE_MS
      // A loss that disappeared between two checks counts without an interruption.
      const lackingMs = now - Math.min(relay.lackingSince ?? now, relay.seenSince ?? now)
      const isEarly = isAway && relay.lackingSince !== undefined && lackingMs < LEFT_TO_OTHERS_MS
      ensure(!isEarly, () => `a relay without a source repairs after ${lackingMs} ms`)
    } catch (error) {
      this.#violations.push(error)
    }
  }
}
