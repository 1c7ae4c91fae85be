import type { OpenedStore } from '../../../src/model/persistent-store.ts'
import type { Step } from '../../../src/server/history.ts'
import { Publication } from '../../../src/server/publication.ts'
import { Mirror } from '../../../src/store/mirror/mirror.ts'
import { exclusive, unrestricted } from '../../../src/store/mirror/write-lease.ts'
import { monitored } from '../../../src/store/monitored.ts'
import { StoreMonitor } from '../../../src/store/store-monitor.ts'
import type { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import type { Random } from '../../support/random.ts'
import { DeafMonitor, type Flaw, flawedLease } from './flaws.ts'
import type { Service, Versions } from './service.ts'

export interface RelayOptions {
  readonly service: Service
  readonly opened: OpenedStore
  readonly writers: 'all' | 'one'
  readonly clock: VirtualClock
  readonly random: Random
  readonly flaw: Flaw | undefined
  /** Receives each step between two states. */
  readonly onStep: (step: Step) => void
  readonly log: (line: string) => void
  /** Called after a change of memory. */
  readonly accepted: (relay: SimulatedRelay) => void
}

/** A relay: memory with a source that may be interrupted, a writer of the database, and a server. */
export class SimulatedRelay {
  readonly monitor: StoreMonitor
  readonly publication: Publication
  readonly #options: RelayOptions
  readonly #mirror: Mirror
  readonly #end = new AbortController()
  readonly #running: Promise<void>
  /** Number of the state in memory. */
  state: number | undefined
  #connectedSince: number | undefined
  /** The rows that the database lacks, each with the time since when. */
  readonly lacking = new Map<string, number>()
  /** Since when the status has reported a loss. */
  seenSince: number | undefined
  /** Since when the database has lacked any row. */
  lackingSince: number | undefined
  /** Time of the oldest change that no write of this relay contains. */
  pendingSince: number | undefined
  /** Since when this relay has had the right to write. */
  writerSince: number | undefined
  acceptedAt = 0
  /** Numbers of full payloads received, and of those that the database confirmed. */
  payloads = 0
  payloadsWritten = 0
  disconnectedAt = 0
  /** Versions of the rows that the last comparison found, by key. */
  versionsSeen: ReadonlyMap<string, number> = new Map()

  constructor(options: RelayOptions) {
    this.#options = options
    const { opened, writers, clock, random, flaw, onStep } = options
    const write = (message: string): void => options.log(message)
    const logger = { debug: write, info: write, warn: write, error: write }
    const Monitor = flaw === 'the status follows failures alone' ? DeafMonitor : StoreMonitor
    this.monitor = new Monitor(opened.store.name, 'writer', { clock, logger })
    this.publication = new Publication({
      clock,
      onStep,
      onDifference: () => {},
      onError: (error) => {
        throw error
      },
    })
    const chance = random.fork()
    this.#mirror = new Mirror({
      store: monitored(opened.store, this.monitor),
      lease:
        writers === 'one' ? flawedLease(exclusive(opened.lease, this.monitor, clock), flaw) : unrestricted,
      monitor: this.monitor,
      keyFingerprint: 'f',
      clock,
      random: () => chance.next(),
      logger,
    })
    const isLive = (): boolean => flaw === 'an interrupted source counts as connected' || this.isConnected
    this.#running = this.#mirror.run(this.#end.signal, { isLive })
  }

  get isConnected(): boolean {
    return this.#connectedSince !== undefined
  }

  get held(): Versions {
    const { service } = this.#options
    return this.state === undefined ? new Map() : service.versions(this.state)
  }

  connect(): void {
    this.#connectedSince ??= this.#options.clock.monotonic()
    this.receive()
  }

  disconnect(): void {
    if (this.isConnected) this.disconnectedAt = this.#options.clock.monotonic()
    this.#connectedSince = undefined
  }

  /** Receives a full payload again if the source is connected. It contains no tombstones of earlier deletions. */
  reload(): void {
    if (!this.isConnected) return
    this.state = undefined
    this.receive()
  }

  /** Receives the latest state if the source is connected. */
  receive(): void {
    const { service } = this.#options
    if (!this.isConnected || this.state === service.latest) return
    const changeSet = service.changeSet(this.state, service.latest)
    if (changeSet.type === 'full') this.payloads++
    this.state = service.latest
    const selector = service.selector(this.state)
    const applied = { changeSet, selector }
    this.publication.accept(applied)
    this.#mirror.accept(applied)
    this.#options.accepted(this)
  }

  async close(): Promise<void> {
    this.#end.abort()
    await Promise.race([this.#running, this.#options.clock.advance(3_000).then(() => this.#running)])
  }
}
