import type { Clock } from '../../async/clock.ts'
import { safeLogger } from '../../config/logger.ts'
import type { Logger } from '../../model/logger.ts'
import type { RelayConfig } from '../config/relay-config.ts'
import { type RelayLog, relayLog } from './relay-log.ts'
import { writeLines, writeTo } from './write-lines.ts'

/** Where a relay of this configuration writes: to the logger of a program, or else to the console. */
export function logOf(
  { logFormat, logLevel }: RelayConfig,
  logger: Logger | undefined,
  clock: Clock,
): RelayLog {
  return relayLog(logger ? writeTo(safeLogger(logger)) : writeLines(logFormat, clock), logLevel)
}
