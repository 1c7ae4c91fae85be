import type { Logger } from '../../model/logger.ts'
import type { Lease, StoreWrite, WriteReport } from '../../model/persistent-store.ts'
import type { RedisConnection } from './connection.ts'
import type { RedisKeys } from './keys.ts'
import { scriptedWrites } from './scripted-writes.ts'
import { watchedWrites } from './watched-writes.ts'
import { StrategySelector, type WriteStrategy } from './write-strategy.ts'

/** Writes by Lua scripts, or by WATCH and MULTI if the user may not run scripts. */
export class RedisWriter implements Lease {
  readonly #selector: StrategySelector<WriteStrategy>
  readonly #name: string
  readonly #logger: Logger
  #hasWarned = false

  constructor(connection: RedisConnection, keys: RedisKeys, logger: Logger) {
    const strategies = {
      scripted: scriptedWrites(connection, keys),
      watched: watchedWrites(connection, keys),
    }
    this.#selector = new StrategySelector(strategies, logger)
    this.#name = connection.name
    this.#logger = logger
  }

  async write(write: StoreWrite, signal: AbortSignal): Promise<WriteReport> {
    const { report, notification } = await this.#selector.run((strategy) =>
      write.type === 'full' ? strategy.full(write, signal) : strategy.delta(write, signal),
    )
    if (notification === 'not permitted' && !this.#hasWarned) {
      this.#hasWarned = true
      this.#logger.warn(
        `${this.#name}: PUBLISH is not permitted for this Redis user; readers will see changes only after their cache TTL`,
      )
    }
    return report
  }

  acquire(holder: string, ttlMs: number, signal: AbortSignal): Promise<number | undefined> {
    return this.#selector.run((strategy) => strategy.acquire(holder, ttlMs, signal))
  }

  release(holder: string, signal: AbortSignal): Promise<void> {
    return this.#selector.run((strategy) => strategy.release(holder, signal))
  }
}
