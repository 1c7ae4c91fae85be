import type { Clock } from '../async/clock.ts'
import { Published } from '../async/published.ts'
import { withStoreName } from '../layout/sidecar.ts'
import { reasonOf } from '../model/error-text.ts'
import { ClosedError, StoreError, type StoreErrorKind } from '../model/errors.ts'
import type { Logger } from '../model/logger.ts'
import type { StoreStatus, StoreStatusFeed } from '../model/status.ts'

type StatusUpdate = Partial<
  Pick<StoreStatus, 'stale' | 'lost' | 'role' | 'refused' | 'quarantined' | 'unansweredSync'>
>

type CacheCounts = NonNullable<StoreStatus['cache']>

/** The type of a call. A refusal concerns one operation only. */
export type StoreOperation =
  | 'initialized'
  | 'get flag'
  | 'get segment'
  | 'summary'
  | 'readAll'
  | 'write'
  | 'lease'

interface OpenFailure {
  readonly kind: StoreErrorKind
  readonly reason: string
}

/**
 * The status of a database, which follows from the results of its calls. Logs each reason of a failure once, until the
 * reason changes or the operation succeeds.
 */
export class StoreMonitor {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #published: Published<StoreStatus>
  readonly #openFailures = new Map<StoreOperation, OpenFailure>()
  /** True while there are changes that the database has not confirmed. */
  isWritePending = false
  #counts: (() => CacheCounts) | undefined

  constructor(name: string, role: StoreStatus['role'], { clock, logger }: { clock: Clock; logger: Logger }) {
    this.#clock = clock
    this.#logger = logger
    this.#published = new Published<StoreStatus>({
      name,
      state: 'unknown',
      since: clock.now(),
      stale: false,
      lost: false,
      role,
      refused: [],
      quarantined: [],
    })
  }

  /** The current status and its changes. New cache counts alone are not a change. */
  get status(): StoreStatusFeed {
    const published = this.#published
    const counts = (): CacheCounts | undefined => this.#counts?.()
    return {
      get current() {
        const cache = counts()
        return { ...published.current, ...(cache && { cache }) }
      },
      changes: () => published.changes(),
      isWritten: () => !this.isWritePending && !published.current.lost,
    }
  }

  countWith(counts: () => CacheCounts): void {
    this.#counts = counts
  }

  /** Runs a call and records its result, unless the call was ended by a close. Rejects if the call does. */
  async observe<T>(operation: StoreOperation, call: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const start = this.#clock.monotonic()
    try {
      const result = await call()
      this.#answered(operation, this.#clock.monotonic() - start)
      return result
    } catch (error) {
      // A database that refuses a write because of the lease works as it should.
      const isFenced = error instanceof StoreError && error.kind === 'fenced'
      if (isFenced) this.#answered(operation, this.#clock.monotonic() - start)
      else if (!(signal.reason instanceof ClosedError)) this.#failed(operation, error)
      throw error
    }
  }

  update(note: StatusUpdate): void {
    // Another process writes now, so the failed write of this process is not repeated.
    if (note.role !== undefined && note.role !== 'writer') this.#openFailures.delete('write')
    const { current } = this.#published
    const differs = (Object.keys(note) as (keyof StatusUpdate)[]).some((name) => note[name] !== current[name])
    if (differs) this.#published.publish({ ...current, ...note })
  }

  close(): void {
    this.#published.close()
  }

  #answered(operation: StoreOperation, elapsedMs: number): void {
    const { current } = this.#published
    const latencyMs = Math.round(elapsedMs)
    this.#settle(operation)
    if (this.#openFailures.has('write')) return
    if (current.state === 'available') {
      if (current.latencyMs !== latencyMs) this.#published.amend({ ...current, latencyMs })
    } else this.#published.publish({ ...current, state: 'available', since: this.#clock.now(), latencyMs })
  }

  /** Removes the failures that the success of the operation disproves. */
  #settle(operation: StoreOperation): void {
    if (this.#openFailures.size === 0) return
    for (const [each, { kind }] of Array.from(this.#openFailures)) {
      // A success shows that the database can be reached, so other reads are no longer considered failed. Writes may fail
      // alone, for example because a table is throttled or Redis lacks replicas, and are repeated until they succeed.
      const isReached = kind !== 'refused' && each !== 'write'
      if (each === operation || isReached) this.#openFailures.delete(each)
    }
    if (this.#openFailures.size === 0) this.#logger.info(`${this.#published.current.name} answers again`)
  }

  #failed(operation: StoreOperation, error: unknown): void {
    const { kind, message, cause } =
      error instanceof StoreError ? error : new StoreError('unavailable', reasonOf(error), { cause: error })
    const { current } = this.#published
    const at = this.#clock.now()
    // Operations that fail with the same cause are logged once. The cause does not depend on the operation, in contrast
    // to the message.
    const reason = cause instanceof Error ? cause.message : message
    const isKnown = Array.from(this.#openFailures.values()).some((each) => each.reason === reason)
    if (!isKnown) this.#logger.warn(`${withStoreName(current.name, message)}; trying again`)
    this.#openFailures.set(operation, { kind, reason })
    const since = current.state === 'unavailable' ? current.since : at
    this.#published.publish({ ...current, state: 'unavailable', since, lastError: { kind, message, at } })
  }
}
