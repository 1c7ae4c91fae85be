import type { Logger } from '../../model/logger.ts'
import type { Lease, StoreWrite, WriteReport } from '../../model/persistent-store.ts'
import { isForbidden } from './errors.ts'

/** Two ways to do the same things. */
interface Strategies<W> {
  readonly scripted: W
  readonly watched: W
}

/** By scripts, and where the server's user may not run them, by the next best thing; which is said once. */
export class StrategySelector<W> {
  readonly #ways: Strategies<W>
  readonly #logger: Logger
  #way: W

  constructor(ways: Strategies<W>, logger: Logger) {
    this.#ways = ways
    this.#logger = logger
    this.#way = ways.scripted
  }

  async run<T>(call: (way: W) => Promise<T>): Promise<T> {
    const { scripted, watched } = this.#ways
    const way = this.#way
    try {
      return await call(way)
    } catch (error) {
      if (way !== scripted || !isForbidden(error)) throw error
      const result = await call(watched)
      this.#settle((error as Error).message)
      return result
    }
  }

  #settle(reason: string): void {
    const { watched } = this.#ways
    if (this.#way === watched) return
    this.#way = watched
    this.#logger.warn(`${reason}; from now on everything is written with WATCH and MULTI, which takes longer`)
  }
}

/** What has to happen all at once, or not at all. There are two ways to do that in Redis. */
export interface WriteStrategy extends Lease {
  full(write: StoreWrite, signal: AbortSignal): Promise<WriteResult>
  /** Writes what is newer; sets the marker too if the write is a merge. */
  delta(write: StoreWrite, signal: AbortSignal): Promise<WriteResult>
}

/** A write that was done, and whether those who listen were told. */
export interface WriteResult {
  readonly report: WriteReport
  readonly notification: 'published' | 'not permitted'
}
