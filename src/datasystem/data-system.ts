import type { Undo } from '../async/clock.ts'
import { Listeners } from '../async/listeners.ts'
import type { ChangedKeys, Snapshot } from '../model/change-set.ts'
import { errorText, reasonOf } from '../model/error-text.ts'
import { ClosedError } from '../model/errors.ts'
import type { Flag, Segment } from '../model/flag.ts'
import type { DataAvailability, DataSourceStatus, DataSystemMode } from '../model/status.ts'
import { refuseUnknownNames } from '../options/unknown-names.ts'
import type { Selector } from '../selector/selector.ts'
import type { LazyReads } from '../store/lazy/lazy-reads.ts'
import type { ReadProbe } from '../store/lazy/wait-for-data.ts'
import { MemoryStore } from '../store/memory-store.ts'
import { ChangeNotifier } from './change-notifier.ts'
import { OutageLog } from './outage-log.ts'
import type { Database, Parts } from './parts.ts'
import { Readiness, WAIT_OPTIONS, type WaitOptions, type WaitVerdict } from './readiness.ts'
import { run } from './run.ts'
import { StatusPublisher } from './status-publisher.ts'

/** What a data system is made of. */
export interface DataSystemOptions
  extends Pick<Parts, 'plan' | 'sinks' | 'prepare' | 'timings' | 'clock' | 'random' | 'logger'> {
  readonly mode: DataSystemMode
  readonly database?: Database
  /** Releases what the sources share; called once, on close. */
  readonly dispose: () => Promise<void>
}

export interface DataSystemEvents {
  /** Keys whose value changed, after the change is visible. Computed only while someone listens. */
  readonly change: ChangedKeys
  /** The state, source, error or next attempt changed. */
  readonly status: DataSourceStatus
}

/** How a wait for initialization ended, and what is served now. */
export interface InitializationResult {
  readonly initialized: boolean
  readonly availability: DataAvailability
  readonly source?: string
  readonly ageMs?: number
  readonly reason: WaitVerdict
}

/** Flag data, kept current. Starts when made; reads are synchronous and never fail. */
export class DataSystem {
  readonly #store = new MemoryStore()
  readonly #listeners: { readonly [E in keyof DataSystemEvents]: Listeners<DataSystemEvents[E]> }
  readonly #status: StatusPublisher
  readonly #readiness: Readiness
  readonly #controller = new AbortController()
  readonly #options: DataSystemOptions
  readonly #running: Promise<unknown>
  #lazy: LazyReads | undefined
  #environmentId: string | undefined
  #closing: Promise<void> | undefined

  constructor(options: DataSystemOptions) {
    const { plan, clock, logger } = options
    const onError = (error: unknown): void => logger.error(`a listener threw: ${errorText(error)}`)
    this.#options = options
    this.#listeners = { change: new Listeners(onError), status: new Listeners(onError) }
    this.#status = new StatusPublisher(clock, this.#listeners.status, options.mode)
    // A database vouches for nothing: waiting for better than it has makes no sense where it is all there is.
    this.#readiness = new Readiness(clock, options.database?.isAlone ? 'cached' : 'refreshed')
    // Nothing to wait for where nothing was asked for, or nothing but a database.
    if (plan.initializers.length + plan.synchronizers.length === 0) this.#readiness.reached('defaults')
    this.#lazy = options.database?.reads
    const changes = new ChangeNotifier(this.#listeners.change, {
      seen: () => this.#lazy?.cachedItems(),
      leave: () => this.#leaveDatabase(),
    })
    const parts = {
      ...options,
      store: this.#store,
      served: () => this.availability,
      changes,
      status: this.#status,
      readiness: this.#readiness,
      complaints: new OutageLog(logger),
      identify: (environmentId: string) => {
        this.#environmentId = environmentId
      },
    }
    const { signal } = this.#controller
    const running = run(parts, signal).catch((error: unknown) => {
      logger.error(`the data system stopped: ${errorText(error)}`)
      this.#status.report({ type: 'off' })
      this.#readiness.ended('off')
    })
    const surroundings = {
      report: (supply: ReadProbe): void => this.#supplied(supply),
      isLive: (): boolean => this.#isLive,
    }
    const beside = options.database?.run(signal, surroundings).catch((error: unknown) => {
      logger.error(
        `the work with the database stopped: ${reasonOf(error)}; what memory holds is served, restart to use the database`,
      )
    })
    this.#running = Promise.all([running, beside])
  }

  get initialized(): boolean {
    return this.#readiness.initialized
  }

  get availability(): DataAvailability {
    const { availability } = this.#readiness
    return availability === 'defaults' && this.#lazy?.hasData ? 'cached' : availability
  }

  get selector(): Selector | undefined {
    return this.#store.selector
  }

  /** What the service calls the environment, where it has said so. */
  get environmentId(): string | undefined {
    return this.#environmentId
  }

  /** Whether a source can still confirm what is only `cached`. */
  get awaitsConfirmation(): boolean {
    const { plan, database } = this.#options
    return !database?.isAlone && plan.synchronizers.length > 0 && this.availability !== 'refreshed'
  }

  /** Milliseconds since a writer saved the data that reads return, if it came from a database that says so. */
  get savedAgeMs(): number | undefined {
    return this.#lazy ? this.#lazy.ageMs : this.#status.savedAgeMs
  }

  /** How the flow of data stands: now, and as it changes. */
  get status(): Pick<StatusPublisher, 'current' | 'changes' | 'waitFor'> {
    return this.#status
  }

  /** How the database does, where there is one. */
  get storeStatus(): Database['status'] | undefined {
    return this.#options.database?.status
  }

  /** What answers reads as long as memory was not filled: a database, where there is one. */
  get lazy(): LazyReads | undefined {
    return this.#lazy
  }

  /** Returns the held object, which must not be changed; `undefined` as long as reads are {@link lazy}. */
  flag(key: string): Flag | undefined {
    return this.#store.get('flag', key)?.object
  }

  segment(key: string): Segment | undefined {
    return this.#store.get('segment', key)?.object
  }

  /** How many memory holds. Costs nothing, where a {@link snapshot} copies. */
  get counts(): { readonly flags: number; readonly segments: number } {
    return { flags: this.#store.all('flag').size, segments: this.#store.all('segment').size }
  }

  /** Returns everything held at this moment, in objects that must not be changed; later changes do not show in it. */
  snapshot(): Snapshot {
    return this.#store.snapshot()
  }

  /** Calls the listener on each event; returns what ends that. An exception of a listener is logged. */
  on<E extends keyof DataSystemEvents>(event: E, listener: (value: DataSystemEvents[E]) => void): Undo {
    if (event === 'change') this.#options.database?.listened()
    const listeners: Listeners<DataSystemEvents[E]> = this.#listeners[event]
    return listeners.add(listener)
  }

  /**
   * Resolves when there is data to serve, or when waiting longer makes no sense; `reason` tells which. The work
   * goes on either way. Rejects only with {@link ClosedError}.
   */
  async waitForInitialization(options: WaitOptions = {}): Promise<InitializationResult> {
    refuseUnknownNames('waitForInitialization', options, WAIT_OPTIONS)
    const reason = await this.#readiness.wait(options)
    const { source, ageMs } = this.#status.current
    return {
      initialized: this.initialized,
      availability: this.availability,
      ...(source !== undefined && { source }),
      ...(ageMs !== undefined && { ageMs }),
      reason,
    }
  }

  /** Ends every source and connection; reads go on serving what is held. Safe to call twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Whether a source confirms at present what is held; a database, or a cache, does not. */
  get #isLive(): boolean {
    return this.#status.current.state === 'valid' && this.availability === 'refreshed'
  }

  /** What a database that is all there is can be read for decides whether there is anything to wait for (D18). */
  #supplied(supply: ReadProbe): void {
    if (supply === 'refused') this.#readiness.ended('off')
    else this.#readiness.resumed()
    if (supply === 'data') this.#readiness.reached('cached')
    else if (supply === 'nothing') this.#readiness.reached('defaults')
  }

  /** Memory has spoken: what was cached on the way is of no use any more (D22). */
  #leaveDatabase(): void {
    this.#lazy?.close()
    this.#lazy = undefined
  }

  async #close(): Promise<void> {
    const release = this.#options.clock.hold()
    this.#controller.abort(new ClosedError())
    this.#readiness.ended('closed')
    try {
      await this.#running
      this.#status.close()
      await this.#options.database?.close().catch((error: unknown) => {
        const reason = `the database could not be closed: ${reasonOf(error)}`
        this.#options.logger.warn(`${reason}; its connections may stay open until the process ends`)
      })
      await this.#options.dispose()
    } finally {
      release()
    }
  }
}
