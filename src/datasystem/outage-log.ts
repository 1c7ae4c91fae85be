import type { Logger } from '../model/logger.ts'
import { WarnOnce } from '../model/warn-once.ts'

/** Of one outage; what comes after that is told to nobody but `debug`. */
const MOST_LINES = 20

/** Says what is wrong with a source once, until data comes again: an outage of hours is no reason to fill a log. */
export class OutageLog {
  readonly #logger: Logger
  readonly #lines = new WarnOnce(MOST_LINES)
  readonly #hints = new WarnOnce()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Logs what is wrong. A hint in it that concerns all sources is left out if it was logged in this outage. */
  about(source: string, what: string, hint?: string): void {
    const line = `${source}: ${what}`
    const level = this.#lines.isFirst(line) ? 'warn' : 'debug'
    const isRepeated = hint !== undefined && !this.#hints.isFirst(hint)
    this.#logger[level](isRepeated ? line.replace(` (${hint})`, '') : line)
  }

  /** Data came, from this source. */
  settle(source: string): void {
    if (!this.#lines.hasWarned) return
    this.#lines.reset()
    this.#hints.reset()
    this.#logger.info(`${source}: brings data`)
  }
}
