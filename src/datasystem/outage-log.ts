import type { Logger } from '../model/logger.ts'
import { WarnOnce } from '../model/warn-once.ts'

/** The number of warnings per outage. Further ones are logged at level `debug`. */
const MAX_WARNINGS = 20

/** Logs each failure of a source once per outage, so that a long outage does not fill the log. Data ends the outage. */
export class OutageLog {
  readonly #logger: Logger
  readonly #lines = new WarnOnce(MAX_WARNINGS)
  readonly #hints = new WarnOnce()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Logs a failure. A hint in the message is removed if it was already logged in this outage. */
  report(source: string, failure: string, hint?: string): void {
    const line = `${source}: ${failure}`
    const level = this.#lines.isFirst(line) ? 'warn' : 'debug'
    const isRepeated = hint !== undefined && !this.#hints.isFirst(hint)
    this.#logger[level](isRepeated ? line.replace(` (${hint})`, '') : line)
  }

  recovered(source: string): void {
    if (!this.#lines.hasWarned) return
    this.#lines.reset()
    this.#hints.reset()
    this.#logger.info(`${source}: recovered`)
  }
}
