import type { Clock } from '../async/clock.ts'
import { Listeners, rethrow } from '../async/listeners.ts'
import { Published } from '../async/published.ts'
import { waitFor } from '../async/wait-for.ts'
import type { SourceError } from '../model/source-result.ts'
import type { DataSourceState, DataSourceStatus, DataSystemMode } from '../model/status.ts'
import { refuseUnknownNames } from '../options/unknown-names.ts'
import { nextStatus, type StatusEvent, type StatusState } from './status.ts'

export interface StatusWaitOptions {
  /** Longest wait, milliseconds. Default: no limit. */
  readonly timeoutMs?: number
  /** Ends the wait early. */
  readonly signal?: AbortSignal
}

const WAIT_OPTIONS: readonly (keyof StatusWaitOptions)[] = ['timeoutMs', 'signal']

/** Keeps the status, and tells whoever listens when it changed. */
export class StatusPublisher {
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

  get current(): DataSourceStatus {
    const { ageMs } = this
    return {
      ...this.#status,
      mode: this.#mode,
      ...(ageMs !== undefined && { ageMs }),
      ...(this.#skipped > 0 && { skipped: this.#skipped }),
    }
  }

  /** Milliseconds since data, or a sign of life on a valid stream, last arrived. */
  get ageMs(): number | undefined {
    return this.#aliveAt === undefined ? undefined : Math.round(this.#clock.monotonic() - this.#aliveAt)
  }

  /** Milliseconds since the data was saved by the process that wrote it to a database; undefined for other data. */
  get savedAgeMs(): number | undefined {
    // The clock of the writer may be ahead of ours.
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

  /** Bytes arrived from this source: if it is the valid one, what is held is as fresh as they are. */
  heartbeat(source: string): void {
    if (this.#status.state === 'valid' && this.#status.source === source)
      this.#aliveAt = this.#clock.monotonic()
  }

  /** An object was left out of a payload. Counted, not announced: the flow of data is as before. */
  skip(): void {
    this.#skipped++
  }

  /** An object of a payload was refused: counted and kept as the last error. The state stays as it is. */
  refuse(error: SourceError, source: string): void {
    this.#skipped++
    this.#status = { ...this.#status, lastError: { ...error, at: this.#clock.now(), source } }
  }

  /**
   * Resolves with `true` as soon as the state is this one, with `false` when waiting any longer is of no use: the time is
   * over, the signal aborted, or the data system is closed. Keeps the process alive meanwhile. Rejects only
   * with a `ConfigError`, for an option name that is not known.
   */
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

  /** The status now, then each change, in order, until closed. */
  async *changes(): AsyncGenerator<DataSourceStatus, void, undefined> {
    yield* this.#published.changes(this.current)
  }

  /** Ends every iteration of {@link changes}. */
  close(): void {
    this.#closed = true
    this.#published.close()
    this.#progress.emit()
  }
}
