import type { Clock } from '../async/clock.ts'
import { safeLogger } from '../config/logger.ts'
import type { Logger } from '../model/logger.ts'
import { counted, printable } from '../model/text.ts'
import type { LogFormat, LogLevel } from '../options/value-forms.ts'
import { type EnvironmentConfig, labelOf, type RelayConfig } from './config/relay-config.ts'
import { HANGING_MS } from './unanswered.ts'
import type { EnvironmentView } from './view.ts'

export interface RelayLog {
  readonly relay: Logger
  of(environment: EnvironmentConfig): Logger
  /** Logs a request at the level `debug`. The line is only built if it is logged. */
  request(line: () => RequestLine, environment: EnvironmentConfig | undefined): void
}

/** A request in the log. No member contains a context, a key or a query. */
export interface RequestLine {
  readonly event: 'answered' | 'stream began' | 'stream ended'
  readonly method: string
  /** The template of the path. */
  readonly route: string
  readonly status: number
  readonly durationMs: number
  /** Bytes that the relay wrote to the connection, including headers. */
  readonly bytes: number
  /** Name and version. Absent if the credential of the request was not accepted, and for operators. */
  readonly sdk?: string
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'none']

export function relayLog(write: WriteLine, level: LogLevel): RelayLog {
  return {
    relay: loggerOf(write, level),
    of: ({ logLevel = level, ...environment }) =>
      loggerOf((line) => write({ ...line, environment: logNameOf(environment) }), logLevel),
    request(build, environment) {
      if ((environment?.logLevel ?? level) !== 'debug') return
      const request = build()
      const line: LogLine = { level: 'debug', message: requestText(request), request }
      write(environment ? { ...line, environment: logNameOf(environment) } : line)
    },
  }
}

/** Returns the name of an environment, or its label with its ID if LaunchDarkly has configured it. */
function logNameOf(environment: Pick<EnvironmentConfig, 'name' | 'details'>): string {
  const [name, label] = [environment.name, labelOf(environment)]
  return label === name ? name : `${label} (${name})`
}

function requestText({ event, method, route, status, durationMs, bytes, sdk }: RequestLine): string {
  const facts = [`${durationMs.toFixed(1)} ms`, `${bytes} bytes`, ...(sdk === undefined ? [] : [sdk])]
  return `request: ${event}: ${method} ${route} ${status} (${facts.join(', ')})`
}

function loggerOf(write: WriteLine, minimum: LogLevel): Logger {
  const writer =
    (level: keyof Logger) =>
    (message: string): void => {
      if (LEVELS.indexOf(level) >= LEVELS.indexOf(minimum)) write({ level, message })
    }
  return { debug: writer('debug'), info: writer('info'), warn: writer('warn'), error: writer('error') }
}

interface LogLine {
  readonly level: keyof Logger
  readonly message: string
  /** The name of the environment. Absent if the message is about the relay as a whole. */
  readonly environment?: string
  readonly request?: RequestLine
}

type WriteLine = (line: LogLine) => void

interface LogTarget {
  readonly logger?: Logger | undefined
  readonly console?: Logger | undefined
}

/** Returns the log of a relay: the logger of the host program if there is one, otherwise lines on a console. */
export function logOf(
  { logFormat, logLevel }: RelayConfig,
  { logger, console }: LogTarget,
  clock: Clock,
): RelayLog {
  return relayLog(logger ? writeTo(safeLogger(logger)) : writeLines(logFormat, clock, console), logLevel)
}

export type Served = Pick<
  EnvironmentView,
  'serving' | 'archivedAt' | 'origin' | 'source' | 'unanswered' | 'holds'
>

/**
 * Returns a function that logs when the kind of served data changes: nothing, stored data, an archive, live data. It also logs, once
 * per outage, that the service does not answer.
 */
export function logServing(logger: Logger, clock: Pick<Clock, 'now'>): (served: Served) => void {
  let logged: Served['serving'] = 'nothing'
  let isHangLogged = false
  return ({ serving, archivedAt, origin, source, unanswered, holds }) => {
    if (source.state === 'valid') isHangLogged = false
    const silentMs = unanswered ? clock.now() - unanswered.since : 0
    if (unanswered && silentMs >= HANGING_MS && !isHangLogged) {
      isHangLogged = true
      const { address } = unanswered
      logger.warn(
        `no answer from ${address} for ${Math.floor(silentMs / 1_000)} s; the relay continues to try, check that it can reach the service`,
      )
    }
    if (serving === logged) return
    logged = serving
    const counts = `${counted(holds.flags, 'flag')}, ${counted(holds.segments, 'segment')}`
    if (serving === 'live') logger.info(`serving live data from ${source.source ?? 'the service'}: ${counts}`)
    if (serving === 'archive' && archivedAt !== undefined) {
      const written = new Date(archivedAt).toISOString()
      logger.info(`serving the archive of ${written}, without a connection to the service: ${counts}`)
    }
    const end = origin === 'files' ? 'its files can be read' : 'the service answers'
    if (serving === 'stored') logger.info(`serving stored data until ${end}: ${counts}`)
  }
}

const PINO: Readonly<Record<keyof Logger, number>> = { debug: 20, info: 30, warn: 40, error: 50 }

/**
 * Returns a function that writes lines to a console. Control characters are escaped, so that a message cannot control a terminal
 * or imitate another line. Text uses the console method of its level; JSON goes to standard output for log collectors.
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

export function writeTo(logger: Logger): WriteLine {
  return (line) => logger[line.level](toMessage(line))
}

function toText(line: LogLine, now: number): string {
  const message = printable(toMessage(line)).replaceAll('\n', '\n  ')
  return `${new Date(now).toISOString()} [${line.level}] ${message}`
}

function toJson({ level, message, environment, request }: LogLine, now: number): string {
  const members = { level: PINO[level], time: now, name: 'halyard-relay', msg: message, environment, request }
  return printable(JSON.stringify(members))
}

function toMessage({ message, environment }: LogLine): string {
  return environment === undefined ? message : `${environment}: ${message}`
}
