import type { Logger } from '../model/logger.ts'

/** Of one outage; what comes after that is told to nobody but `debug`. */
const MOST_LINES = 20

/** Says what is wrong with a source once, until data comes again: an outage of hours is no reason to fill a log. */
export class Complaints {
  readonly #logger: Logger
  readonly #said = new Set<string>()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  about(source: string, what: string): void {
    const line = `${source}: ${what}`
    const isNews = !this.#said.has(line) && this.#said.size < MOST_LINES
    if (isNews) this.#said.add(line)
    this.#logger[isNews ? 'warn' : 'debug'](line)
  }

  /** Data came, from this source. */
  settle(source: string): void {
    if (this.#said.size === 0) return
    this.#said.clear()
    this.#logger.info(`${source}: brings data`)
  }
}
