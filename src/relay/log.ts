import type { Clock } from '../async/clock.ts'
import { safeLogger } from '../config/logger.ts'
import type { Logger } from '../model/logger.ts'
import { counted, printable } from '../model/text.ts'
import type { LogFormat, LogLevel } from '../options/value-forms.ts'
import type { EnvironmentConfig, RelayConfig } from './config/relay-config.ts'
import type { EnvironmentView } from './view.ts'

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

/** Something that happened, before it is written down in any form. */
interface LogLine {
  readonly level: keyof Logger
  readonly message: string
  /** The name of the environment it is about. Absent: the relay as a whole. */
  readonly environment?: string
}

type WriteLine = (line: LogLine) => void

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

/** What is looked at whenever an environment may be another one. */
export type Served = Pick<EnvironmentView, 'serving' | 'archivedAt' | 'source' | 'holds'>

/** Says when SDKs are given something of another kind: nothing, then what the database held, then live data. */
export function logServing(logger: Logger): (served: Served) => void {
  let said: Served['serving'] = 'nothing'
  return ({ serving, archivedAt, source, holds }) => {
    if (serving === said) return
    said = serving
    const what = `${counted(holds.flags, 'flag')}, ${counted(holds.segments, 'segment')}`
    if (serving === 'live') logger.info(`serving live data, by ${source.source ?? 'the service'}: ${what}`)
    if (serving === 'archive' && archivedAt !== undefined) {
      const written = new Date(archivedAt).toISOString()
      logger.info(`serving the archive of ${written}, and nothing from the service: ${what}`)
    }
    if (serving === 'stored') logger.info(`serving what was stored, until the service has spoken: ${what}`)
  }
}

/** The numbers pino has for them. */
const PINO: Readonly<Record<keyof Logger, number>> = { debug: 20, info: 30, warn: 40, error: 50 }

/**
 * Writes lines to a console. Nothing in a message can drive a terminal, or pass for a line of its own. Text goes where its
 * level goes; JSON all goes to standard output, where whoever collects it looks.
 */
export function writeLines(
  format: LogFormat,
  clock: Clock,
  console: Logger = safeLogger(globalThis.console),
): WriteLine {
  switch (format) {
    case 'text':
      return (line) => console[line.level](toText(line, clock.now()))
    case 'json':
      return (line) => console.info(toJson(line, clock.now()))
    default:
      return format satisfies never
  }
}

/** Hands lines to the logger of a program. */
export function writeTo(logger: Logger): WriteLine {
  return (line) => logger[line.level](toMessage(line))
}

function toText(line: LogLine, now: number): string {
  const words = printable(toMessage(line)).replaceAll('\n', '\n  ')
  return `${new Date(now).toISOString()} [${line.level}] ${words}`
}

function toJson({ level, message, environment }: LogLine, now: number): string {
  const members = { level: PINO[level], time: now, name: 'halyard-relay', msg: message, environment }
  return printable(JSON.stringify(members))
}

function toMessage({ message, environment }: LogLine): string {
  return environment === undefined ? message : `${environment}: ${message}`
}
