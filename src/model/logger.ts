/** The receiver of log lines. `console` is one; a logger such as pino needs an adapter of a few lines. */
export interface Logger {
  /** Receives details for the search of a fault. */
  debug(message: string): void
  /** Receives normal changes, for example of the active source. */
  info(message: string): void
  /** Receives problems that the program handles by itself, for example an outage of a source. */
  warn(message: string): void
  /** Receives failures that a person must repair, for example an SDK key that is refused. */
  error(message: string): void
}
