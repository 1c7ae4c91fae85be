import type { Logger } from '../../model/logger.ts'
import type { Lease, StoreWrite, WriteReport } from '../../model/persistent-store.ts'
import { isForbidden } from './errors.ts'

interface Strategies<W> {
  readonly scripted: W
  readonly watched: W
}

/** Uses scripts until the server forbids them, then WATCH and MULTI. Logs the switch once. */
export class StrategySelector<W> {
  readonly #strategies: Strategies<W>
  readonly #logger: Logger
  #current: W

  constructor(strategies: Strategies<W>, logger: Logger) {
    this.#strategies = strategies
    this.#logger = logger
    this.#current = strategies.scripted
  }

  async run<T>(call: (strategy: W) => Promise<T>): Promise<T> {
    const { scripted, watched } = this.#strategies
    const strategy = this.#current
    try {
      return await call(strategy)
    } catch (error) {
      if (strategy !== scripted || !isForbidden(error)) throw error
      const result = await call(watched)
      this.#switch((error as Error).message)
      return result
    }
  }

  #switch(reason: string): void {
    const { watched } = this.#strategies
    if (this.#current === watched) return
    this.#current = watched
    this.#logger.warn(`${reason}; writes now use WATCH and MULTI, which is slower`)
  }
}

/** The atomic write operations. Redis allows two implementations: scripts, and WATCH with MULTI. */
export interface WriteStrategy extends Lease {
  full(write: StoreWrite, signal: AbortSignal): Promise<WriteResult>
  /** Writes the rows that are newer than the stored ones, and the marker if the write is a merge. */
  delta(write: StoreWrite, signal: AbortSignal): Promise<WriteResult>
}

export interface WriteResult {
  readonly report: WriteReport
  readonly notification: 'published' | 'not permitted'
}
