import { once } from 'node:events'
import { systemClock } from '../async/clock.ts'
import { watchFile } from '../flag-file/watch.ts'
import type { Logger } from '../model/logger.ts'
import { counted } from '../model/text.ts'
import { diff } from '../relay/config/diff.ts'
import type { ReadConfig } from '../relay/config/read-relay-config.ts'
import type { RelayConfig } from '../relay/config/relay-config.ts'
import { startConfiguredRelay } from '../relay/embedded-relay.ts'
import { relayLog, writeLines } from '../relay/log.ts'
import type { RelayServer } from '../relay/relay.ts'
import { startTelemetrySdk } from '../relay/telemetry/start-sdk.ts'
import { parseArguments, UsageError } from './arguments.ts'
import { type CommandContext, consoleOf, printResult, StopRequest, type StopSignal } from './command.ts'
import { commandLineOf, FLAG_SERVER_OPTIONS } from './flag-server.ts'
import { listenErrorOf, refuseInvalidFiles, startLines } from './flag-server-start.ts'
import { HELP_ROW, helpText } from './help.ts'
import {
  CONFIG_OPTIONS,
  CONFIG_ROWS,
  type ConfigSource,
  configSource,
  differences,
  listenError,
  readConfig,
} from './relay-config.ts'
import { filled } from './relay-fill.ts'
import { checkStart } from './relay-start.ts'

const USAGE = helpText({
  usage: 'relay [options]',
  about: [
    'Synchronizes the flags of environments, stores them in a database if one is configured, and serves them to SDKs. With --file or --url it is a flag server: the flags come from files, and nothing connects to LaunchDarkly.',
    'Environment variables override the configuration file, and the options of a flag server override both. When the file is saved, the relay reads it again: it adds, removes and restarts environments, and unchanged ones continue. A warning names the changes that need a restart.',
  ],
  sections: [
    { title: 'Options', rows: [...CONFIG_ROWS, HELP_ROW] },
    {
      title: 'Options of a flag server',
      rows: [
        [
          '--file PATH',
          'serve the flag file, or the flag files in the folder; several times to merge them, the last one wins',
        ],
        ['--url URL', 'serve the flag file at the URL; several times to merge them; files win over URLs'],
        [
          '--sdk-key KEY',
          'the SDK key that clients must send (default: every key, and only this machine is served)',
        ],
        ['--mobile-key KEY', 'the mobile key that mobile SDKs must send'],
        ['--client-side-id ID', 'the client-side ID that browsers must send'],
        ['--port N', 'port to listen on (default 8030)'],
        ['--host HOST', 'address to listen on (default: all with --sdk-key, otherwise 127.0.0.1)'],
      ],
    },
    {
      title: 'Environment variables',
      rows: [
        ['LD_ENV_flags', 'SDK key of a flag server, so that it is not on the command line'],
        ['LD_MOBILE_KEY_flags', 'its mobile key'],
        ['LD_CLIENT_SIDE_ID_flags', 'its client-side ID'],
      ],
    },
  ],
  examples: ['halyard relay --config relay.conf', 'halyard relay --file flags.yaml --sdk-key KEY'],
  page: 'docs/relay.md, for a flag server docs/flag-server.md',
})

/** Runs a relay until the process is asked to stop. Resolves after a goodbye event to every client. */
export async function relay(args: readonly string[], context: CommandContext): Promise<number> {
  const read = readArguments(args, context)
  if (read === 'help') return printResult(USAGE, context)
  const stopping = new AbortController()
  try {
    // Watching begins before the first read, so that changes during the start are detected.
    const saves = savesOfFile(read, stopping.signal)
    const first = await readConfig(read)
    return await serveAndReport({ first, read, saves, stopping, context })
  } finally {
    stopping.abort()
  }
}

interface RelayRun {
  readonly first: ReadConfig
  readonly read: ConfigSource
  readonly saves: AsyncIterable<void>
  readonly stopping: AbortController
  readonly context: CommandContext
}

/** Runs the relay and resolves with the exit code. The error that ends it is logged whatever the log level is. */
async function serveAndReport(run: RelayRun): Promise<number> {
  const { logFormat, logLevel } = run.first.config
  const write = writeLines(logFormat, systemClock, consoleOf(run.context))
  try {
    await serve(run, relayLog(write, logLevel).relay)
    return 0
  } catch (error) {
    write({ level: 'error', message: (error as Error).message })
    return 1
  }
}

/** Runs the relay, and OpenTelemetry's SDK if it is enabled and the program has registered none. */
async function serve(run: RelayRun, logger: Logger): Promise<void> {
  const { env } = run.context
  const sdk = await startTelemetrySdk(run.first.config, { env, clock: systemClock, logger })
  try {
    await serveUntilStopped(run, logger)
  } finally {
    await sdk?.shutdown()
  }
}

async function serveUntilStopped(run: RelayRun, logger: Logger): Promise<void> {
  const { first, read, saves, stopping, context } = run
  for (const warning of first.warnings) logger.warn(warning)
  if (first.config.exitAlways) return fill(first.config, logger, context)
  const running = await startConfiguredRelay(first.config, { console: consoleOf(context) }).catch(
    (error: unknown) => {
      throw read.commandLine ? listenErrorOf(error, first.config) : listenError(error, first.config)
    },
  )
  let delayMs = 0
  // Registered before the start is complete, because a stop request may come at any time.
  const stopped = once(stopping.signal, 'abort').then(() => running.close({ delayMs }))
  const served = first.config.autoConfig
    ? 'the environments of automatic configuration'
    : counted(running.view.environments.length, 'environment')
  if (!read.commandLine) logger.info(`serving ${served} on ${running.url}`)
  if (running.adminUrl) logger.info(`serving page, /status and /metrics for operators on ${running.adminUrl}`)
  if (running.prometheusUrl) logger.info(`serving /metrics for Prometheus on ${running.prometheusUrl}`)
  onStopRequest(context.signal, (signal) => {
    if (signal === 'SIGTERM') delayMs = delayOnSigterm(first.config, context)
    logger.info(
      delayMs > 0
        ? `stopping: received ${signal}; ${shutdownDelayText(delayMs)}`
        : `stopping: received ${signal}`,
    )
    stopping.abort()
  })
  const following = follow(running, { first, read, saves }, logger)
  const valid = read.commandLine ? refuseInvalidFiles(running, first.config) : Promise.resolve()
  await valid
    .then(() => checkStart(running, first, logger))
    .catch((error: unknown) => {
      stopping.abort()
      throw error
    })
  context.onStarted()
  if (read.commandLine && !stopping.signal.aborted)
    for (const line of startLines(running, first.config)) logger.info(line)
  await Promise.all([following, stopped])
}

/** Fills the database once, without opening a port. */
async function fill(config: RelayConfig, logger: Logger, context: CommandContext): Promise<void> {
  const running = await startConfiguredRelay(config, { console: consoleOf(context), ports: 'none' })
  // No open port keeps the process alive.
  const release = systemClock.hold()
  try {
    logger.info(await filled(running, config, context.signal))
  } finally {
    await running.close({ delayMs: 0 })
    release()
  }
}

/** Calls `stop` when the process is asked to stop, or at once if it already was. */
function onStopRequest(signal: AbortSignal, stop: (by: StopSignal) => void): void {
  const onAbort = (): void => {
    const reason: unknown = signal.reason
    stop(reason instanceof StopRequest ? reason.signal : 'SIGINT')
  }
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
}

/** Default delay in Kubernetes, in milliseconds: its load balancers still send clients after SIGTERM. */
const KUBERNETES_DELAY_MS = 5_000

function delayOnSigterm({ shutdownDelayMs }: RelayConfig, { env }: CommandContext): number {
  return shutdownDelayMs ?? (env.KUBERNETES_SERVICE_HOST ? KUBERNETES_DELAY_MS : 0)
}

function shutdownDelayText(delayMs: number): string {
  return `serving for another ${delayMs / 1_000} s while /readyz answers 503 (a second signal ends the process at once)`
}

function savesOfFile({ path }: ConfigSource, signal: AbortSignal): AsyncIterable<void> {
  return path === undefined ? noChanges() : watchFile(path, { clock: systemClock, signal, intervalMs: 1_000 })
}

async function* noChanges(): AsyncGenerator<void> {}

/** Applies the configuration each time the file is saved. Logs an error if it is invalid, and keeps the last valid one. */
async function follow(
  running: RelayServer,
  { first, read, saves }: Omit<RelayRun, 'stopping' | 'context'>,
  logger: Logger,
): Promise<void> {
  let present = first.config
  for await (const _ of saves) {
    try {
      const { config, warnings } = await readConfig(read, 'reload')
      for (const warning of warnings) logger.warn(warning)
      await running.reload(config)
      logger.info(`configuration: reloaded: ${differences(diff(present, config))}`)
      present = config
    } catch (error) {
      logger.error(
        `configuration: not reloaded: ${(error as Error).message}\nThe last valid configuration stays in effect`,
      )
    }
  }
}

function readArguments(args: readonly string[], context: CommandContext): ConfigSource | 'help' {
  const { values, positionals } = parseArguments(args, OPTIONS)
  if (values.help) return 'help'
  if (positionals.length > 0)
    throw new UsageError(
      `relay takes no arguments; use --file for a flag file, or --config for a configuration: ${positionals.join(' ')}`,
    )
  const commandLine = commandLineOf(values)
  if (!commandLine) return configSource(values, context)
  const { config: path, 'allow-missing-file': allowMissing = false } = values
  return { env: context.env, path, allowMissing, commandLine }
}

const OPTIONS = { ...CONFIG_OPTIONS, ...FLAG_SERVER_OPTIONS, help: { type: 'boolean', short: 'h' } } as const
