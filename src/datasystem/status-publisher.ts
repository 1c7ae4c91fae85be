import type { Clock } from '../async/clock.ts'
import { Listeners, rethrow } from '../async/listeners.ts'
import { Published } from '../async/published.ts'
import { waitFor } from '../async/wait-for.ts'
import type { SourceError } from '../model/source-result.ts'
import type { DataSourceState, DataSourceStatus, DataSystemMode, StatusFeed } from '../model/status.ts'
import { refuseUnknownNames } from '../options/unknown-names.ts'
import { nextStatus, type StatusEvent, type StatusState } from './status.ts'

/** Options of waiting for a state. */
export interface StatusWaitOptions {
  /** Longest wait, in milliseconds. Default: no limit. */
  readonly timeoutMs?: number
  /** Ends the wait when it aborts. Default: none. */
  readonly signal?: AbortSignal
}

/** The status of the data sources of a data system. */
export interface DataSourceStatusFeed extends StatusFeed<DataSourceStatus> {
  /**
   * Waits for a state. Keeps the process alive meanwhile.
   *
   * @returns true when the state is reached; false at the time limit, when the signal aborts, or when the data system is closed.
   * @throws {@link ConfigError} if the name of an option is unknown.
   * @example
   * ```ts
   * if (!(await client.status.waitFor('valid', { timeoutMs: 30_000 }))) console.warn(client.status.current)
   * ```
   */
  waitFor(state: DataSourceState, options?: StatusWaitOptions): Promise<boolean>
}

const WAIT_OPTIONS: readonly (keyof StatusWaitOptions)[] = ['timeoutMs', 'signal']

/** The status of a data system: its current value, its changes, and a method to wait for a state. */
export class StatusPublisher implements DataSourceStatusFeed {
  readonly #clock: Clock
  readonly #mode: DataSystemMode
  readonly #listeners: Listeners<DataSourceStatus>
  readonly #published: Published<DataSourceStatus>
  readonly #progress = new Listeners<void>(rethrow)
  #status: StatusState
  #aliveAt: number | undefined
  #savedAt: number | undefined
  #closed = false
  #skipped = 0

  constructor(clock: Clock, listeners: Listeners<DataSourceStatus>, mode: DataSystemMode) {
    this.#clock = clock
    this.#mode = mode
    this.#listeners = listeners
    this.#status = { state: 'initializing', since: clock.now() }
    this.#published = new Published(this.current)
  }

  /** The current status. */
  get current(): DataSourceStatus {
    const { ageMs } = this
    return {
      ...this.#status,
      mode: this.#mode,
      ...(ageMs !== undefined && { ageMs }),
      ...(this.#skipped > 0 && { skipped: this.#skipped }),
    }
  }

  get ageMs(): number | undefined {
    return this.#aliveAt === undefined ? undefined : Math.round(this.#clock.monotonic() - this.#aliveAt)
  }

  /** Time since a process wrote the data to the database, in milliseconds; `undefined` for data of another origin. */
  get savedAgeMs(): number | undefined {
    // The clock of the writer may be ahead.
    return this.#savedAt === undefined ? undefined : Math.max(0, this.#clock.now() - this.#savedAt)
  }

  report(event: StatusEvent): void {
    if (event.type === 'data') {
      this.#savedAt = event.savedAt
      this.#aliveAt = this.#clock.monotonic() - (this.savedAgeMs ?? 0)
    }
    const next = nextStatus(this.#status, event, this.#clock.now())
    if (next === this.#status) return
    this.#status = next
    const { current } = this
    this.#published.publish(current)
    this.#progress.emit()
    this.#listeners.emit(current)
  }

  /** Sets the age of the data to 0 if this source is the valid one. */
  heartbeat(source: string): void {
    if (this.#status.state === 'valid' && this.#status.source === source)
      this.#aliveAt = this.#clock.monotonic()
  }

  /** Counts an object that was skipped in a payload. Does not notify listeners, because the state is unchanged. */
  skip(): void {
    this.#skipped++
  }

  /** Counts an object that was refused, and sets the last error. The state is unchanged. */
  refuse(error: SourceError, source: string): void {
    this.#skipped++
    this.#status = { ...this.#status, lastError: { ...error, at: this.#clock.now(), source } }
  }

  async waitFor(state: DataSourceState, options: StatusWaitOptions = {}): Promise<boolean> {
    refuseUnknownNames('status.waitFor', options, WAIT_OPTIONS)
    const { timeoutMs = Infinity, signal } = options
    const end = await waitFor({
      clock: this.#clock,
      subscribe: (look) => this.#progress.add(look),
      find: () => (this.#status.state === state ? 'reached' : this.#closed ? 'closed' : undefined),
      timeoutMs,
      signal,
    })
    return end === 'reached'
  }

  /** Yields the current status and then each new one, in order, until closed. */
  async *changes(): AsyncGenerator<DataSourceStatus, void, undefined> {
    yield* this.#published.changes(this.current)
  }

  close(): void {
    this.#closed = true
    this.#published.close()
    this.#progress.emit()
  }
}
