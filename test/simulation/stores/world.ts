import { sleep } from '../../../src/async/sleep.ts'
import { createDataSystem } from '../../../src/config/create-data-system.ts'
import { presets } from '../../../src/config/presets.ts'
import type { DataSystem } from '../../../src/datasystem/data-system.ts'
import { versionIn } from '../../../src/layout/row.ts'
import type { PersistentStore, StoreWrite } from '../../../src/model/persistent-store.ts'
import { pathBetween, type Step } from '../../../src/server/history.ts'
import { MemoryDatabase } from '../../../src/testing/memory-database.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import { Random } from '../random.ts'
import { insist } from '../violation.ts'
import { type Flaw, flawedStore } from './flaws.ts'
import { SimulatedRelay } from './relay.ts'
import { KEYS, Service } from './service.ts'

/** Longest latency of the database, milliseconds. */
const SLOWEST_MS = 3_000
/** Within this time after a loss a database that answers has been looked at, milliseconds. */
const NOTICED_MS = 5_000 + 4 * SLOWEST_MS + 1_000
/** The same after the database began to answer: the last look may hang for 30 s, and the next one is up to 10 s later. */
const RECOVERED_MS = 40_000 + NOTICED_MS
/** A writer whose source is interrupted leaves repairs to others for this long, less the time between two samples. */
const PATIENCE_MS = 58_000
/** The longest pause between two repairs, and time to look afterwards, milliseconds. */
const CALM_MS = 660_000
/** The longest time until a writer that is connected has the lease, and writes, milliseconds. */
const HANDED_OVER_MS = 120_000
const SAMPLE_MS = 500

const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** Two relays and two readers on one database that fails in every way, and clients that go from relay to relay. */
export class StoreWorld {
  readonly #random: Random
  readonly #clock = new VirtualClock(1_700_000_000_000)
  readonly #database = new MemoryDatabase()
  readonly #flaw: Flaw | undefined
  readonly #service: Service
  readonly #relays: readonly SimulatedRelay[]
  readonly #readers: readonly DataSystem[]
  /** What relays share, and what really happened: the same, unless a flaw says otherwise. */
  readonly #journal: Step[] = []
  readonly #steps: Step[] = []
  readonly #violations: unknown[] = []
  readonly #clients: (number | undefined)[] = [undefined, undefined, undefined]
  readonly #restores: (() => void)[] = []
  readonly trace: string[] = []
  #latencyMs = 0
  #healthySince: number | undefined = 0

  constructor(seed: number, flaw?: Flaw) {
    this.#random = new Random(seed)
    this.#flaw = flaw
    this.#service = new Service(this.#random.fork())
    const writers = this.#random.chance(0.75) ? 'all' : 'one'
    this.#relays = [0, 1].map((index) => this.#relay(index, writers))
    this.#readers = [0, 1].map(() =>
      createDataSystem('sdk-key', presets.daemon(this.#database.description({ reads: 'snapshot' })), {
        clock: this.#clock,
        random: () => this.#random.next(),
        logger: silent,
      }),
    )
  }

  /** Lives through a time of trouble and a time of calm. Throws the first violation. */
  async live(): Promise<void> {
    try {
      for (let event = this.#random.int(10, 60); event > 0; event--) {
        this.#happen()
        await this.#pass(this.#random.pick([1, 300, 2_000, 6_000, 15_000]))
      }
      await this.#calmDown()
    } finally {
      this.#database.heal()
      await Promise.all([...this.#relays, ...this.#readers].map((each) => each.close()))
    }
    insist(this.#clock.armed === 0, () => `${this.#clock.armed} alarms are armed after close`)
  }

  #happen(): void {
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
      ['latency', 2, () => this.#delay(random.pick([0, 0, 50, 800, SLOWEST_MS]))],
      ['wipe', 1, () => database.wipe()],
      ['lose a row', 1, () => database.lose('flag', random.pick(KEYS))],
      ['lose all rows', 1, () => database.lose('flag')],
      ['lose the marker', 1, () => database.damage({ marker: false })],
      ['save', 2, () => void this.#restores.push(database.save())],
      ['restore', 2, () => random.pick([...this.#restores, () => {}])()],
      ['client', 6, () => this.#hop()],
    ]
    const [name, , happen] = random.pick(
      events.flatMap((event) => Array.from({ length: event[1] }, () => event)),
    )
    this.trace.push(`${this.#clock.monotonic()}: ${name}`)
    happen()
    this.#sample()
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

  /** A client asks a relay, with the state it holds. It must not be taken back if the history can tell. */
  #hop(): void {
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
    insist(!canTell, () => `a client at state ${held} was taken back to ${next}`)
  }

  async #pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= SAMPLE_MS) {
      await this.#clock.advance(Math.min(left, SAMPLE_MS))
      this.#sample()
    }
  }

  async #calmDown(): Promise<void> {
    this.trace.push(`${this.#clock.monotonic()}: calm`)
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
    insist(late.length === 0, () => `the last change is not in the database: ${late.join()}`)
    await this.#pass(CALM_MS)
    const latest = this.#service.versions(this.#service.latest)
    const wrong = [...latest].filter((item) => this.#lacks(item))
    insist(
      this.#database.marker && wrong.length === 0,
      () => `the database never came to hold ${wrong.join()}`,
    )
    for (const { monitor } of this.#relays) {
      const { stale, lost } = monitor.status.current
      insist(!stale && !lost, () => `the status says stale ${stale}, lost ${lost}, and nothing is missing`)
    }
    for (const reader of this.#readers) {
      const held = [...reader.snapshot().flags].map(([key, { version }]) => `${key} ${version}`).sort()
      const due = [...latest].flatMap(([key, version]) => (version > 0 ? [`${key} ${version}`] : [])).sort()
      insist(held.join() === due.join(), () => `a reader holds ${held.join()}, and not ${due.join()}`)
    }
  }

  /** Looks at every relay: what is not in the database must show in its status, after a while. */
  #sample(): void {
    if (this.#violations.length > 0) throw this.#violations[0]
    const now = this.#clock.monotonic()
    for (const relay of this.#relays) {
      const { stale, lost, role } = relay.monitor.status.current
      relay.writerSince = role === 'writer' ? (relay.writerSince ?? now) : undefined
      const lacking = this.#lackingIn(relay)
      for (const what of relay.lacking.keys()) if (!lacking.includes(what)) relay.lacking.delete(what)
      for (const what of lacking) if (!relay.lacking.has(what)) relay.lacking.set(what, now)
      const isSeen = stale && (lost || lacking.length > 0 || relay.seenSince !== undefined)
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
        Math.max(longest, relay.writerSince) + NOTICED_MS,
        (this.#healthySince ?? now) + RECOVERED_MS,
      )
      insist(stale || now < noticedBy, () => 'rows are missing, and the status does not say so')
      const lateMs = now - Math.max(relay.pendingSince ?? now, relay.writerSince)
      insist(
        stale || lateMs <= 1_000 + SAMPLE_MS,
        () => `a write is pending for ${lateMs} ms, and the status does not say so`,
      )
    }
  }

  /** Names what the database lacks of what a relay holds. */
  #lackingIn({ state, held }: SimulatedRelay): readonly string[] {
    if (state === undefined) return []
    // A relay that began with a full payload does not know what was deleted before.
    const items = [...held].flatMap((item) => (item[1] > 0 && this.#lacks(item) ? [item[0]] : []))
    return this.#database.marker ? items : ['marker', ...items]
  }

  /** An item must be there in its version or a later one; one that is deleted, or was since, may be missing. */
  #lacks([key, version]: readonly [string, number]): boolean {
    const stored = this.#stored(key)
    if (version > 0) return stored < version && !(stored === 0 && this.#service.wasDeleted(key, version))
    return stored !== 0 && stored < -version
  }

  #stored(key: string): number {
    const row = this.#database.row('flag', key)
    return row ? versionIn(row, row.text) : 0
  }

  #relay(index: number, writers: 'all' | 'one'): SimulatedRelay {
    const { clock, random } = { clock: this.#clock, random: this.#random.fork() }
    const opened = this.#database.description().open({ clock, random: () => random.next(), logger: silent })
    const store = flawedStore(this.#watched(opened.store, index), this.#flaw)
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

  /** The same store, slow, and with an eye on what is written. */
  #watched(store: PersistentStore, index: number): PersistentStore {
    const slowly = async <T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> => {
      await sleep(this.#clock, this.#latencyMs, signal)
      return call()
    }
    return {
      ...store,
      initialized: (signal) => slowly(signal, () => store.initialized(signal)),
      summary: (signal) => slowly(signal, () => store.summary(signal)),
      readAll: (signal) => slowly(signal, () => store.readAll(signal)),
      write: (write, signal) =>
        this.#following(index, write, () =>
          slowly(signal, () => {
            this.#judge(write, index)
            return store.write(write, signal)
          }),
        ),
    }
  }

  /** What was applied before a write that is done is not pending any more. */
  async #following<T>(index: number, { type, rows }: StoreWrite, write: () => Promise<T>): Promise<T> {
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

  /** What is thrown here the mirror would take for a failure of the database, so it is kept for the next sample. */
  #judge({ type, rows }: StoreWrite, index: number): void {
    const relay = this.#relays[index]
    // A full payload replaces everything. Only what is written after it was confirmed is a repair.
    if (!relay || type === 'delta' || relay.payloads > relay.payloadsWritten) return
    try {
      const lowered = rows.filter(({ key, version }) => type === 'full' && version < this.#stored(key))
      insist(lowered.length === 0, () => `a repair lowers ${lowered.map(({ key }) => key).join()}`)
      const now = this.#clock.monotonic()
      const isAway = !relay.isConnected && now - relay.disconnectedAt > 2 * SLOWEST_MS + SAMPLE_MS
      // A database that was in order between two looks counts as damaged all the time.
      const lackingMs = now - Math.min(relay.lackingSince ?? now, relay.seenSince ?? now)
      const isEarly = isAway && relay.lackingSince !== undefined && lackingMs < PATIENCE_MS
      insist(!isEarly, () => `a relay without a source repairs after ${lackingMs} ms`)
    } catch (error) {
      this.#violations.push(error)
    }
  }
}
