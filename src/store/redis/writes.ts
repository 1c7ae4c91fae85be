import type { Logger } from '../../model/logger.ts'
import type { Lease, StoreWrite, WriteReport } from '../../model/persistent-store.ts'
import type { RedisConnection } from './connection.ts'
import type { RedisKeys } from './keys.ts'
import { scriptedWrites } from './scripted-writes.ts'
import { watchedWrites } from './watched-writes.ts'
import { StrategySelector, type WriteStrategy } from './write-strategy.ts'

/** Writes by scripts, and where the server's user may not run them, by the next best thing. */
export class RedisWriter implements Lease {
  readonly #either: StrategySelector<WriteStrategy>
  readonly #name: string
  readonly #logger: Logger
  #silenced = false

  constructor(connection: RedisConnection, keys: RedisKeys, logger: Logger) {
    const ways = { scripted: scriptedWrites(connection, keys), watched: watchedWrites(connection, keys) }
    this.#either = new StrategySelector(ways, logger)
    this.#name = connection.name
    this.#logger = logger
  }

  async write(write: StoreWrite, signal: AbortSignal): Promise<WriteReport> {
    const { report, notification } = await this.#either.run((manner) =>
      write.type === 'full' ? manner.full(write, signal) : manner.delta(write, signal),
    )
    if (notification === 'not permitted' && !this.#silenced) {
      this.#silenced = true
      this.#logger.warn(
        `${this.#name}: this user may not publish; readers notice a change only when what they hold expires`,
      )
    }
    return report
  }

  acquire(holder: string, ttlMs: number, signal: AbortSignal): Promise<number | undefined> {
    return this.#either.run((manner) => manner.acquire(holder, ttlMs, signal))
  }

  release(holder: string, signal: AbortSignal): Promise<void> {
    return this.#either.run((manner) => manner.release(holder, signal))
  }
}
