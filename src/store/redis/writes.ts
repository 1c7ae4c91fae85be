import type { Lease } from '../../model/lease.ts'
import type { Logger } from '../../model/logger.ts'
import type { StoreWrite, WriteReport } from '../../model/persistent-store.ts'
import type { Connection } from './connection.ts'
import { isForbidden } from './errors.ts'
import type { Keys } from './keys.ts'
import type { Manner } from './manner.ts'
import { scripted } from './scripted.ts'
import { watched } from './watched.ts'

/** Writes by scripts, and where the server's user may not run them, by the next best thing. */
export class Writes implements Lease {
  readonly #byScripts: Manner
  readonly #byWatching: Manner
  readonly #name: string
  readonly #logger: Logger
  #manner: Manner
  #silenced = false

  constructor(connection: Connection, keys: Keys, logger: Logger) {
    this.#byScripts = scripted(connection, keys)
    this.#byWatching = watched(connection, keys)
    this.#manner = this.#byScripts
    this.#name = connection.name
    this.#logger = logger
  }

  async write(write: StoreWrite, signal: AbortSignal): Promise<WriteReport> {
    const { report, told } = await this.#either((manner) => manner[write.type](write, signal))
    if (told === 'not allowed' && !this.#silenced) {
      this.#silenced = true
      this.#logger.warn(
        `${this.#name}: this user may not publish; readers notice a change only when what they hold expires`,
      )
    }
    return report
  }

  acquire(holder: string, ttlMs: number, signal: AbortSignal): Promise<number | undefined> {
    return this.#either((manner) => manner.acquire(holder, ttlMs, signal))
  }

  release(holder: string, signal: AbortSignal): Promise<void> {
    return this.#either((manner) => manner.release(holder, signal))
  }

  async #either<T>(call: (manner: Manner) => Promise<T>): Promise<T> {
    const manner = this.#manner
    try {
      return await call(manner)
    } catch (error) {
      if (manner !== this.#byScripts || !isForbidden(error)) throw error
      const result = await call(this.#byWatching)
      this.#settle((error as Error).message)
      return result
    }
  }

  #settle(reason: string): void {
    if (this.#manner === this.#byWatching) return
    this.#manner = this.#byWatching
    this.#logger.warn(`${reason}; from now on everything is written with WATCH and MULTI, which takes longer`)
  }
}
