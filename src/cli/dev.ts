import { once } from 'node:events'
import { type Clock, systemClock } from '../async/clock.ts'
import type { ReceivedEvent } from '../events/receive-payload.ts'
import type { Logger } from '../model/logger.ts'
import { printable } from '../model/text.ts'
import { FLAG_SERVER_ENVIRONMENT } from '../relay/config/flag-server.ts'
import { readRelayConfig } from '../relay/config/read-relay-config.ts'
import { startConfiguredRelay } from '../relay/embedded-relay.ts'
import type { RelayServer } from '../relay/relay.ts'
import { parseArguments, UsageError } from './arguments.ts'
import { type CommandContext, consoleOf, printResult } from './command.ts'
import { eventLine } from './event-line.ts'
import { asUsageError, commandLineOf, FLAG_SERVER_OPTIONS } from './flag-server.ts'
import { listenErrorOf, refuseInvalidFiles, startLines } from './flag-server-start.ts'
import { HELP_ROW, helpText } from './help.ts'

const USAGE = helpText({
  usage: 'dev FILE... [options]',
  about: [
    'Serves flag files to SDKs of servers, browsers and mobile devices, with FDv2 and FDv1, and streams the changes each time a file is saved. Accepts the analytics events of the SDKs, and has a page with flags and clients. It is halyard relay --file with defaults for development.',
  ],
  sections: [
    {
      title: 'Arguments',
      rows: [
        ['FILE', 'a flag file (JSON or YAML), or a folder of flag files; of several, the later ones win'],
      ],
    },
    {
      title: 'Options',
      rows: [
        [
          '--url URL',
          'serve the flag file at the URL, too; several times to merge them; files win over URLs',
        ],
        ['--port N', 'port to listen on; 0 selects a free port (default 8765)'],
        [
          '--host HOST',
          'address to listen on (default 127.0.0.1); one that other machines can reach needs --sdk-key',
        ],
        ['--sdk-key KEY', 'accept this SDK key only (default: every key)'],
        ['--mobile-key KEY', 'accept this mobile key, too'],
        ['--client-side-id ID', 'accept this client-side ID, too'],
        ['--events', 'print the analytics events, a line each'],
        HELP_ROW,
      ],
    },
  ],
  examples: ['halyard dev flags.yaml', 'halyard dev flags/ --port 8030 --events'],
  page: 'docs/flag-server.md',
})

/** Serves flag files until the process is asked to stop. Resolves after a goodbye event to every client. */
export async function dev(args: readonly string[], context: CommandContext): Promise<number> {
  const options = readOptions(args, context)
  if (options === 'help') return printResult(USAGE, context)
  const { signal } = context
  const server = await startDevServer(options)
  context.onStarted()
  if (!signal.aborted) await once(signal, 'abort')
  await server.close()
  return 0
}

function readOptions(args: readonly string[], context: CommandContext): DevServerOptions | 'help' {
  const { values, positionals: files } = parseArguments(args, OPTIONS)
  if (values.help) return 'help'
  const { url: urls = [] } = values
  if (files.length + urls.length === 0) throw new UsageError('dev needs the path of a flag file')
  const { events, 'sdk-key': sdkKey, 'mobile-key': mobileKey, 'client-side-id': envId, port, host } = values
  return {
    files,
    urls,
    logger: consoleOf(context),
    port,
    host,
    sdkKey,
    mobileKey,
    envId,
    onEvent: events ? (event) => context.stdout(eventLine(event)) : undefined,
  }
}

const { file: _, ...SERVER_OPTIONS } = FLAG_SERVER_OPTIONS

const OPTIONS = {
  ...SERVER_OPTIONS,
  events: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

export interface DevServerOptions {
  /** Paths of flag files and folders: JSON, or YAML if the name ends with `.yaml` or `.yml`. */
  readonly files: readonly string[]
  /** URLs of flag files. Files win over them. Default: none. */
  readonly urls?: readonly string[]
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>
  /** Port to listen on; 0 selects a free port. Default 8765. */
  readonly port?: number | string | undefined
  /** Address to listen on. Default `127.0.0.1`, which only this machine can reach. */
  readonly host?: string | undefined
  /** SDK key that clients must send. Default: any key. */
  readonly sdkKey?: string | undefined
  readonly mobileKey?: string | undefined
  readonly envId?: string | undefined
  readonly clock?: Clock
  /** Called for each analytics event and each diagnostic that a client sends. Default: they are only counted. */
  readonly onEvent?: ((event: ReceivedEvent) => void) | undefined
  /** Time between heartbeats of an idle stream, in milliseconds. Default 30,000. */
  readonly heartbeatMs?: number
  /** Time between two checks of the files, in milliseconds. Default 200, minimum 100. */
  readonly fileIntervalMs?: number
}

export type DevServer = Pick<RelayServer, 'url' | 'close'>

const PORT = 8_765
const FILE_INTERVAL_MS = 200
const DRAIN_TIMEOUT_MS = 1_000

/**
 * Starts a flag server with defaults for development. If a saved file is invalid, the server logs a warning and keeps serving the
 * last valid data. Rejects with a {@link UsageError} for a wrong option, with the fault if a file is invalid at the start, and with the
 * platform's error if the address cannot be used.
 */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  const { clock = systemClock, onEvent } = options
  const config = configOf(options)
  const log = new DevLog(options.logger)
  const server = await startConfiguredRelay(config, {
    clock,
    logger: log,
    ...(onEvent && { onEvent }),
  }).catch((error: unknown) => {
    throw listenErrorOf(error, config)
  })
  await refuseInvalidFiles(server, config)
  log.begin(startLines(server, config))
  return server
}

function configOf({
  files,
  urls = [],
  port = PORT,
  host,
  sdkKey,
  mobileKey,
  envId,
  heartbeatMs,
  fileIntervalMs = FILE_INTERVAL_MS,
}: DevServerOptions): ReturnType<typeof readRelayConfig>['config'] {
  const commandLine = commandLineOf({
    file: files.length > 0 ? files : undefined,
    url: urls.length > 0 ? urls : undefined,
    port,
    host,
    'sdk-key': sdkKey,
    'mobile-key': mobileKey,
    'client-side-id': envId,
    interval: fileIntervalMs,
  })
  const options = { gracefulShutdownMs: DRAIN_TIMEOUT_MS, ...(heartbeatMs !== undefined && { heartbeatMs }) }
  try {
    return readRelayConfig({ options, ...(commandLine && { commandLine }) }).config
  } catch (error) {
    throw asUsageError(error)
  }
}

/** The log of a server for development: short lines. Before {@link DevLog.begin} it keeps the problems and leaves out the rest. */
class DevLog implements Logger {
  readonly #logger: DevServerOptions['logger']
  #early: (() => void)[] | undefined = []

  constructor(logger: DevServerOptions['logger']) {
    this.#logger = logger
  }

  /** Writes the problems of the start, and then the lines. */
  begin(lines: readonly string[]): void {
    for (const write of this.#early ?? []) write()
    this.#early = undefined
    for (const line of lines) this.#logger.info(printable(line))
  }

  debug(): void {}

  info(message: string): void {
    if (!this.#early) this.#logger.info(shortened(message))
  }

  warn(message: string): void {
    this.#write(() => this.#logger.warn(shortened(message)))
  }

  error(message: string): void {
    this.#write(() => this.#logger.error(shortened(message)))
  }

  #write(write: () => void): void {
    if (this.#early) this.#early.push(write)
    else write()
  }
}

/** Returns a message without the name of the environment, because there is only one. */
function shortened(message: string): string {
  return printable(message.replace(new RegExp(`^${FLAG_SERVER_ENVIRONMENT}: `), ''))
}
