import type { Clock } from '../async/clock.ts'
import { Published } from '../async/published.ts'
import { withStoreName } from '../layout/sidecar.ts'
import { reasonOf } from '../model/error-text.ts'
import { ClosedError, StoreError } from '../model/errors.ts'
import type { Logger } from '../model/logger.ts'
import type { StoreStatus } from '../model/status.ts'

/** Everything a status says that is not a consequence of calls. */
type StatusUpdate = Partial<
  Pick<StoreStatus, 'stale' | 'lost' | 'role' | 'refused' | 'quarantined' | 'unansweredSync'>
>

type CacheCounts = NonNullable<StoreStatus['cache']>

/** What a call does. A refusal of one operation says nothing about the others. */
export type StoreOperation =
  | 'initialized'
  | 'get flag'
  | 'get segment'
  | 'summary'
  | 'readAll'
  | 'write'
  | 'lease'

interface OpenFailure {
  readonly kind: StoreError['kind']
  readonly reason: string
}

/**
 * Keeps the status of a database, derived from how its calls end. Logs each reason for a failure once, until it changes or
 * the operation that failed succeeds.
 */
export class StoreMonitor {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #published: Published<StoreStatus>
  readonly #outstanding = new Map<StoreOperation, OpenFailure>()
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

  /** Now, and as it changes; that counts grew is no change. */
  get status(): { readonly current: StoreStatus; changes(): AsyncGenerator<StoreStatus, void, undefined> } {
    const published = this.#published
    const counts = (): CacheCounts | undefined => this.#counts?.()
    return {
      get current() {
        const cache = counts()
        return { ...published.current, ...(cache && { cache }) }
      },
      changes: () => published.changes(),
    }
  }

  /** There is a cache, and this is how it does. */
  countWith(counts: () => CacheCounts): void {
    this.#counts = counts
  }

  /** Makes a call and keeps account of how it ends, unless we ended it. Rejects as the call does. */
  async observe<T>(operation: StoreOperation, call: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const start = this.#clock.monotonic()
    try {
      const result = await call()
      this.#answered(operation, this.#clock.monotonic() - start)
      return result
    } catch (error) {
      // Whoever says that somebody else holds the lease does what it is asked.
      const isFenced = error instanceof StoreError && error.kind === 'fenced'
      if (isFenced) this.#answered(operation, this.#clock.monotonic() - start)
      else if (!(signal.reason instanceof ClosedError)) this.#failed(operation, error)
      throw error
    }
  }

  update(note: StatusUpdate): void {
    // Another process writes now, so a write of this one that failed is not repeated.
    if (note.role !== undefined && note.role !== 'writer') this.#outstanding.delete('write')
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
    if (this.#outstanding.has('write')) return
    if (current.state === 'available') this.#published.amend({ ...current, latencyMs })
    else this.#published.publish({ ...current, state: 'available', since: this.#clock.now(), latencyMs })
  }

  /** Forgets the failures that an answer to the operation disproves. */
  #settle(operation: StoreOperation): void {
    if (this.#outstanding.size === 0) return
    for (const [each, { kind }] of Array.from(this.#outstanding)) {
      // A database that answers at all can be reached by the other reads too. Writes may fail alone, for example because a
      // table is throttled or Redis lacks replicas; they are repeated until they succeed.
      const isReached = kind !== 'refused' && each !== 'write'
      if (each === operation || isReached) this.#outstanding.delete(each)
    }
    if (this.#outstanding.size === 0) this.#logger.info(`${this.#published.current.name} answers again`)
  }

  #failed(operation: StoreOperation, error: unknown): void {
    const { kind, message, cause } =
      error instanceof StoreError ? error : new StoreError('unavailable', reasonOf(error), { cause: error })
    const { current } = this.#published
    const at = this.#clock.now()
    // The cause does not say which operation failed: of several that fail alike, one is logged.
    const reason = cause instanceof Error ? cause.message : message
    const isKnown = Array.from(this.#outstanding.values()).some((each) => each.reason === reason)
    if (!isKnown) this.#logger.warn(`${withStoreName(current.name, message)}; trying again`)
    this.#outstanding.set(operation, { kind, reason })
    const since = current.state === 'unavailable' ? current.since : at
    this.#published.publish({ ...current, state: 'unavailable', since, lastError: { kind, message, at } })
  }
}
