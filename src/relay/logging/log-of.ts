import type { Clock } from '../../async/clock.ts'
import { safeLogger } from '../../config/logger.ts'
import type { Logger } from '../../model/logger.ts'
import type { RelayConfig } from '../config/relay-config.ts'
import { type RelayLog, relayLog } from './relay-log.ts'
import { writeLines, writeTo } from './write-lines.ts'

interface LogTarget {
  readonly logger?: Logger | undefined
  readonly console?: Logger | undefined
}

/** Returns the log of a relay of this configuration: the logger of a program, or else lines on a console. */
export function logOf(
  { logFormat, logLevel }: RelayConfig,
  { logger, console }: LogTarget,
  clock: Clock,
): RelayLog {
  return relayLog(logger ? writeTo(safeLogger(logger)) : writeLines(logFormat, clock, console), logLevel)
}
