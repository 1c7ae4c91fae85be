import type { Undo } from '../async/clock.ts'
import { Listeners } from '../async/listeners.ts'
import type { ChangedKeys, Snapshot } from '../model/change-set.ts'
import { errorText, reasonOf } from '../model/error-text.ts'
import { ClosedError } from '../model/errors.ts'
import type { Flag, Segment } from '../model/flag.ts'
import type { DataAvailability, DataSourceStatus, DataSystemMode, StoreStatusFeed } from '../model/status.ts'
import { refuseUnknownNames } from '../options/unknown-names.ts'
import type { Selector } from '../selector/selector.ts'
import type { LazyReads } from '../store/lazy/lazy-reads.ts'
import type { ReadProbe } from '../store/lazy/wait-for-data.ts'
import { MemoryStore } from '../store/memory-store.ts'
import { ChangeNotifier } from './change-notifier.ts'
import { OutageLog } from './outage-log.ts'
import type { Database, Parts } from './parts.ts'
import { Readiness, WAIT_OPTIONS, type WaitOptions, type WaitOutcome } from './readiness.ts'
import { run } from './run.ts'
import { type DataSourceStatusFeed, StatusPublisher } from './status-publisher.ts'

interface DataSystemParts
  extends Pick<Parts, 'plan' | 'sinks' | 'prepare' | 'timings' | 'clock' | 'random' | 'logger'> {
  readonly mode: DataSystemMode
  readonly database?: Database
  /** Releases the resources that the sources share. Called once, on close. */
  readonly dispose: () => Promise<void>
}

/** The events of a data system, by name, with the argument of their listeners. */
export interface DataSystemEvents {
  /** The keys of changed flags and segments, after the change is visible. Computed only if there are listeners. */
  readonly change: ChangedKeys
  /** The new status, if the state, the source, the error or the time of the next attempt changed. */
  readonly status: DataSourceStatus
}

/** The result of waiting for initialization. */
export interface InitializationResult {
  /** True if evaluations have data, or there is no data to wait for. */
  readonly initialized: boolean
  /** The availability of the data that evaluations use now. */
  readonly availability: DataAvailability
  /** The name of the active source. Absent if no source has started. */
  readonly source?: string
  /** Age of the data, in milliseconds. Absent if there is no data. */
  readonly ageMs?: number
  /** The reason for the end of the wait. */
  readonly reason: WaitOutcome
}

/** Flag data in memory, kept current by sources that start with the constructor. Reads are synchronous and do not throw. */
export class DataSystem {
  readonly #store = new MemoryStore()
  readonly #listeners: { readonly [E in keyof DataSystemEvents]: Listeners<DataSystemEvents[E]> }
  readonly #status: StatusPublisher
  readonly #readiness: Readiness
  readonly #controller = new AbortController()
  readonly #options: DataSystemParts
  readonly #running: Promise<unknown>
  #lazy: LazyReads | undefined
  #environmentId: string | undefined
  #closing: Promise<void> | undefined

  /** @internal */
  constructor(options: DataSystemParts) {
    const { clock, logger } = options
    const { current: plan } = options.plan
    const onError = (error: unknown): void => logger.error(`a listener threw: ${errorText(error)}`)
    this.#options = options
    this.#listeners = { change: new Listeners(onError), status: new Listeners(onError) }
    this.#status = new StatusPublisher(clock, this.#listeners.status, options.mode)
    // A database without sources never has better data than `cached`, so a wait for better data must end.
    this.#readiness = new Readiness(clock, options.database?.isOnlySource ? 'cached' : 'refreshed')
    if (plan.initializers.length + plan.synchronizers.length === 0) this.#readiness.reached('defaults')
    this.#lazy = options.database?.reads
    const changes = new ChangeNotifier(this.#listeners.change, {
      cachedItems: () => this.#lazy?.cachedItems(),
      end: () => this.#endLazyReads(),
    })
    const parts = {
      ...options,
      store: this.#store,
      served: () => this.availability,
      changes,
      status: this.#status,
      readiness: this.#readiness,
      outages: new OutageLog(logger),
      identify: (environmentId: string) => {
        this.#environmentId = environmentId
      },
    }
    const { signal } = this.#controller
    const running = run(parts, signal).catch((error: unknown) => {
      logger.error(
        `the data system stopped: ${errorText(error)}; flags are not updated any more, restart the process`,
      )
      this.#status.report({ type: 'off' })
      this.#readiness.ended('off')
    })
    const context = {
      reportProbe: (probe: ReadProbe): void => this.#readProbed(probe),
      isLive: (): boolean => this.#isLive,
    }
    const databaseRunning = options.database?.run(signal, context).catch((error: unknown) => {
      logger.error(
        `the work with the database stopped: ${reasonOf(error)}; the data in memory is served, restart to use the database`,
      )
    })
    this.#running = Promise.all([running, databaseRunning])
  }

  /** True if evaluations have data, or there is no data to wait for. */
  get initialized(): boolean {
    return this.#readiness.initialized
  }

  /** The availability of the data that reads return. */
  get availability(): DataAvailability {
    const { availability } = this.#readiness
    return availability === 'defaults' && this.#lazy?.hasData ? 'cached' : availability
  }

  /** The state of the data in memory; `undefined` if the data has no selector. */
  get selector(): Selector | undefined {
    return this.#store.selector
  }

  /** The environment ID that the service sent; `undefined` if it sent none. */
  get environmentId(): string | undefined {
    return this.#environmentId
  }

  /** True if the data is not `refreshed` yet, and a synchronizer can still make it so. */
  get awaitsConfirmation(): boolean {
    const { plan, database } = this.#options
    return (
      !database?.isOnlySource && plan.current.synchronizers.length > 0 && this.availability !== 'refreshed'
    )
  }

  /** Time since a writer saved the data to the database, in milliseconds; `undefined` for other data, or if unknown. */
  get savedAgeMs(): number | undefined {
    return this.#lazy ? this.#lazy.ageMs : this.#status.savedAgeMs
  }

  /** The status of the sources: the current one, its changes, and a method to wait for a state. */
  get status(): DataSourceStatusFeed {
    return this.#status
  }

  /** The status of the database; `undefined` if there is none. */
  get storeStatus(): StoreStatusFeed | undefined {
    return this.#options.database?.status
  }

  /** The lazy reads from the database until memory has data; `undefined` without a database and afterwards. @internal */
  get lazy(): LazyReads | undefined {
    return this.#lazy
  }

  /** Returns a flag, which must not be changed; `undefined` if there is none, and while a database is read lazily. */
  flag(key: string): Flag | undefined {
    return this.#store.get('flag', key)?.object
  }

  /** Returns a segment, which must not be changed; `undefined` if there is none, and while a database is read lazily. */
  segment(key: string): Segment | undefined {
    return this.#store.get('segment', key)?.object
  }

  /** The number of flags and segments in memory. Does not copy them, as {@link DataSystem.snapshot} does. */
  get counts(): { readonly flags: number; readonly segments: number } {
    return { flags: this.#store.all('flag').size, segments: this.#store.all('segment').size }
  }

  /** Returns a copy of all data in memory. Later changes do not affect it; the objects in it must not be changed. */
  snapshot(): Snapshot {
    return this.#store.snapshot()
  }

  /** Adds a listener and returns a function that removes it. An exception of a listener is logged. */
  on<E extends keyof DataSystemEvents>(event: E, listener: (value: DataSystemEvents[E]) => void): Undo {
    if (event === 'change') this.#options.database?.loadAllRows()
    const listeners: Listeners<DataSystemEvents[E]> = this.#listeners[event]
    return listeners.add(listener)
  }

  /**
   * Resolves when there is data, or when waiting longer is useless; `reason` is the cause. The sources keep working. Rejects
   * with a {@link ClosedError} if the data system is closed, and with a `ConfigError` for an unknown option name.
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

  /** Stops all sources and closes all connections. Reads still return the data in memory. Safe to call twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** Closes the data system, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  get #isLive(): boolean {
    return this.#status.current.state === 'valid' && this.availability === 'refreshed'
  }

  /** Updates the readiness of a plan whose only source is a database (D18). */
  #readProbed(probe: ReadProbe): void {
    if (probe === 'refused') this.#readiness.ended('off')
    else this.#readiness.resumed()
    if (probe === 'data') this.#readiness.reached('cached')
    else if (probe === 'nothing') this.#readiness.reached('defaults')
  }

  /** Drops the cache of the lazy reads, because memory has data now (D22). */
  #endLazyReads(): void {
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
