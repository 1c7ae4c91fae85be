import type { Logger } from '../model/logger.ts'

/** Of one outage; what comes after that is told to nobody but `debug`. */
const MOST_LINES = 20

/** Says what is wrong with a source once, until data comes again: an outage of hours is no reason to fill a log. */
export class OutageLog {
  readonly #logger: Logger
  readonly #said = new Set<string>()
  readonly #hints = new Set<string>()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Logs what is wrong. A hint in it that concerns all sources is left out if it was logged in this outage. */
  about(source: string, what: string, hint?: string): void {
    const line = `${source}: ${what}`
    const isNews = !this.#said.has(line) && this.#said.size < MOST_LINES
    if (isNews) this.#said.add(line)
    const isRepeated = hint !== undefined && this.#hints.has(hint)
    if (hint !== undefined) this.#hints.add(hint)
    this.#logger[isNews ? 'warn' : 'debug'](isRepeated ? line.replace(` (${hint})`, '') : line)
  }

  /** Data came, from this source. */
  settle(source: string): void {
    if (this.#said.size === 0) return
    this.#said.clear()
    this.#hints.clear()
    this.#logger.info(`${source}: brings data`)
  }
}
