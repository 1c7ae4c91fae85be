import type { Clock } from '../../async/clock.ts'
import { safeLogger } from '../../config/logger.ts'
import type { Logger } from '../../model/logger.ts'
import { printable } from '../../model/text.ts'
import type { LogFormat } from '../config/relay-config.ts'
import type { LogLine, WriteLine } from './log-line.ts'

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
      return (line) => console[line.level](inText(line, clock.now()))
    case 'json':
      return (line) => console.info(inJson(line, clock.now()))
    default:
      return format satisfies never
  }
}

/** Hands lines to the logger of a program. */
export function writeTo(logger: Logger): WriteLine {
  return (line) => logger[line.level](inWords(line))
}

function inText(line: LogLine, now: number): string {
  const words = printable(inWords(line)).replaceAll('\n', '\n  ')
  return `${new Date(now).toISOString()} [${line.level}] ${words}`
}

function inJson({ level, message, environment }: LogLine, now: number): string {
  const members = { level: PINO[level], time: now, name: 'halyard-relay', msg: message, environment }
  return printable(JSON.stringify(members))
}

function inWords({ message, environment }: LogLine): string {
  return environment === undefined ? message : `${environment}: ${message}`
}
