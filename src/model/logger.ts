/** Where Halyard writes what happens. `console` fits; so does a pino logger behind two lines of adapter. */
export interface Logger {
  debug(message: string): void
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}
