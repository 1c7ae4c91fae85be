import type { Clock } from '../async/clock.ts'
import { Published } from '../async/published.ts'
import { blame } from '../layout/blame.ts'
import { ClosedError, StoreError } from '../model/errors.ts'
import type { Logger } from '../model/logger.ts'
import type { StoreStatus } from '../model/store-status.ts'

/** Everything a status says that is not a consequence of calls. */
export type Note = Partial<Pick<StoreStatus, 'stale' | 'lost' | 'role' | 'refused' | 'quarantined'>>

type CacheCounts = NonNullable<StoreStatus['cache']>

/** Keeps the status of a database, from how its calls end; logs when it goes and when it comes back. */
export class StoreMonitor {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #published: Published<StoreStatus>
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
  counting(counts: () => CacheCounts): void {
    this.#counts = counts
  }

  /** Makes a call and keeps account of how it ends, unless we ended it. Rejects as the call does. */
  async observe<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const start = this.#clock.monotonic()
    try {
      const result = await call()
      this.#answered(this.#clock.monotonic() - start)
      return result
    } catch (error) {
      // Whoever says that somebody else holds the lease does what it is asked.
      const isFenced = error instanceof StoreError && error.kind === 'fenced'
      if (isFenced) this.#answered(this.#clock.monotonic() - start)
      else if (!(signal.reason instanceof ClosedError)) this.#failed(error as StoreError)
      throw error
    }
  }

  note(note: Note): void {
    const { current } = this.#published
    const differs = (Object.keys(note) as (keyof Note)[]).some((name) => note[name] !== current[name])
    if (differs) this.#published.publish({ ...current, ...note })
  }

  close(): void {
    this.#published.close()
  }

  #answered(elapsedMs: number): void {
    const { current } = this.#published
    const latencyMs = Math.round(elapsedMs)
    if (current.state === 'unavailable') this.#logger.info(`${current.name} answers again`)
    if (current.state === 'available') this.#published.amend({ ...current, latencyMs })
    else this.#published.publish({ ...current, state: 'available', since: this.#clock.now(), latencyMs })
  }

  #failed({ kind, message }: StoreError): void {
    const { current } = this.#published
    const at = this.#clock.now()
    if (current.state !== 'unavailable' || current.lastError?.message !== message) {
      this.#logger.warn(`${blame(current.name, message)}; trying again`)
    }
    const since = current.state === 'unavailable' ? current.since : at
    this.#published.publish({ ...current, state: 'unavailable', since, lastError: { kind, message, at } })
  }
}
