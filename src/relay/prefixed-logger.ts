import type { Logger } from '../model/logger.ts'

/** Says of which environment it speaks. */
export function prefixed(logger: Logger, name: string): Logger {
  return {
    debug: (message) => logger.debug(`${name}: ${message}`),
    info: (message) => logger.info(`${name}: ${message}`),
    warn: (message) => logger.warn(`${name}: ${message}`),
    error: (message) => logger.error(`${name}: ${message}`),
  }
}
