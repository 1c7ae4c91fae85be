import type { Logger } from '../model/logger.ts'

/** Warnings and errors to the console; the rest is for those who bring a logger. */
export const consoleLogger: Logger = {
  debug() {},
  info() {},
  warn: (message) => console.warn(`[halyard] ${message}`),
  error: (message) => console.error(`[halyard] ${message}`),
}
