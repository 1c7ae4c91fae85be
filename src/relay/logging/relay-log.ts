import type { Logger } from '../../model/logger.ts'
import type { EnvironmentConfig, LogLevel } from '../config/relay-config.ts'
import type { WriteLine } from './log-line.ts'

/** Where a relay and its environments write what happens, each no more than its level says. */
export interface RelayLog {
  /** For what is about the relay as a whole. */
  readonly relay: Logger
  /** For what is about one environment: at its own level, or else that of the relay. */
  of(environment: EnvironmentConfig): Logger
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'none']

export function relayLog(write: WriteLine, level: LogLevel): RelayLog {
  return {
    relay: loggerOf(write, level),
    of: ({ name, logLevel = level }) => loggerOf((line) => write({ ...line, environment: name }), logLevel),
  }
}

function loggerOf(write: WriteLine, least: LogLevel): Logger {
  const say =
    (level: keyof Logger) =>
    (message: string): void => {
      if (LEVELS.indexOf(level) >= LEVELS.indexOf(least)) write({ level, message })
    }
  return { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }
}
