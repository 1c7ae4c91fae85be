/** The receiver of log lines. `console` is one; a logger such as pino needs an adapter of a few lines. */
export interface Logger {
  debug(message: string): void
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}
