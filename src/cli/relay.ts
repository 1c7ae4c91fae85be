import { once } from 'node:events'
import { systemClock } from '../async/clock.ts'
import { watchFile } from '../flag-file/watch.ts'
import type { Logger } from '../model/logger.ts'
import { counted } from '../model/text.ts'
import { diff } from '../relay/config/diff.ts'
import type { ReadConfig } from '../relay/config/read-relay-config.ts'
import type { RelayConfig } from '../relay/config/relay-config.ts'
import { relayLog, writeLines } from '../relay/log.ts'
import type { RelayServer } from '../relay/relay.ts'
import { startConfiguredRelay } from '../relay/start.ts'
import { parseArguments, UsageError } from './arguments.ts'
import { type CommandContext, consoleOf, printResult, StopRequest, type StopSignal } from './command.ts'
import {
  CONFIG_OPTIONS,
  CONFIG_USAGE,
  type ConfigSource,
  configSource,
  differences,
  explained,
  readConfig,
  withoutData,
  wrongDatabase,
} from './relay-config.ts'

const USAGE = `Usage: halyard relay [options]

Keeps the flags of many environments current, in a database if one is configured, and serves them to SDKs.

${CONFIG_USAGE}
  --help                 print this

Environment variables count in place of the file. A file that is saved again is read again: environments come and go, and
those that stay the same do not notice. What counts after a restart alone is warned of. Every option: docs/relay.md.`

/** Runs a relay until the process is asked to stop. Resolves when the clients have received their goodbye. */
export async function relay(args: readonly string[], context: CommandContext): Promise<number> {
  const read = readArguments(args, context)
  if (read === 'help') return printResult(USAGE, context)
  const stopping = new AbortController()
  try {
    // From before the first reading: what is saved while the relay starts counts as well.
    const saves = savesOf(read, stopping.signal)
    const first = await readConfig(read)
    return await serveAndReport({ first, read, saves, stopping, context })
  } finally {
    stopping.abort()
  }
}

interface Undertaking {
  readonly first: ReadConfig
  readonly read: ConfigSource
  /** Yields whenever there may be another configuration. */
  readonly saves: AsyncIterable<void>
  /** Ends it all. */
  readonly stopping: AbortController
  readonly context: CommandContext
}

/** Serves, and writes why it ended as a line of the log, whatever its level. Resolves with the exit code. */
async function serveAndReport(undertaking: Undertaking): Promise<number> {
  const { logFormat, logLevel } = undertaking.first.config
  const write = writeLines(logFormat, systemClock, consoleOf(undertaking.context))
  try {
    await serve(undertaking, relayLog(write, logLevel).relay)
    return 0
  } catch (error) {
    write({ level: 'error', message: (error as Error).message })
    return 1
  }
}

async function serve({ first, read, saves, stopping, context }: Undertaking, logger: Logger): Promise<void> {
  for (const warning of first.warnings) logger.warn(warning)
  const running = await startConfiguredRelay(first.config, { console: consoleOf(context) }).catch(
    (error: unknown) => {
      throw explained(error, first.config)
    },
  )
  let delayMs = 0
  // Whatever is waited for at that moment, the start included.
  const stopped = once(stopping.signal, 'abort').then(() => running.close({ delayMs }))
  logger.info(`Serving ${counted(running.view.environments.length, 'environment')} on ${running.url}`)
  onStopRequest(context.signal, (signal) => {
    if (signal === 'SIGTERM') delayMs = delayOnSigterm(first.config, context)
    logger.info(delayMs > 0 ? `Stopping: ${signal}; ${servingOn(delayMs)}` : `Stopping: ${signal}`)
    stopping.abort()
  })
  const following = follow(running, { first, read, saves }, logger)
  await judgeStart(running, first, logger).catch((error: unknown) => {
    stopping.abort()
    throw error
  })
  await Promise.all([following, stopped])
}

/** Calls back when the process is asked to stop, at once if it already was. */
function onStopRequest(signal: AbortSignal, stop: (by: StopSignal) => void): void {
  const onAbort = (): void => {
    const reason: unknown = signal.reason
    stop(reason instanceof StopRequest ? reason.signal : 'SIGINT')
  }
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
}

/** Kubernetes sends SIGTERM while its load balancers still send clients here. */
const KUBERNETES_DELAY_MS = 5_000

function delayOnSigterm({ shutdownDelayMs }: RelayConfig, { env }: CommandContext): number {
  return shutdownDelayMs ?? (env.KUBERNETES_SERVICE_HOST ? KUBERNETES_DELAY_MS : 0)
}

function servingOn(delayMs: number): string {
  return `serving for ${delayMs / 1_000} s more while /readyz answers 503 (a second signal ends the process at once)`
}

/**
 * As in LaunchDarkly's: without data in time there is no use in going on, unless the configuration says otherwise. One
 * environment that is late is no reason to leave the others without anything.
 */
async function judgeStart(running: RelayServer, { config }: ReadConfig, logger: Logger): Promise<void> {
  const late = await running.started
  const misplaced = wrongDatabase(running.view)
  if (misplaced !== undefined) {
    await running.close({ delayMs: 0 })
    throw new Error(misplaced)
  }
  if (late.length === 0) return
  const what = withoutData(late, running.view)
  if (config.ignoreConnectionErrors || late.length < running.view.environments.length)
    return logger.warn(`${what}\nTrying on`)
  await running.close({ delayMs: 0 })
  throw new Error(`${what}\n${GIVING_UP}`)
}

const GIVING_UP =
  'Giving up; with ignoreConnectionErrors = true in [Main], or IGNORE_CONNECTION_ERRORS=1, it would try on'

function savesOf({ path }: ConfigSource, signal: AbortSignal): AsyncIterable<void> {
  return path === undefined ? nothing() : watchFile(path, { clock: systemClock, signal, intervalMs: 1_000 })
}

async function* nothing(): AsyncGenerator<void> {}

/** A file that is wrong is told of, and changes nothing. */
async function follow(
  running: RelayServer,
  { first, read, saves }: Omit<Undertaking, 'stopping' | 'context'>,
  logger: Logger,
): Promise<void> {
  let present = first.config
  for await (const _ of saves) {
    try {
      const { config, warnings } = await readConfig(read)
      for (const warning of warnings) logger.warn(warning)
      await running.reload(config)
      logger.info(`the configuration was read again: ${differences(diff(present, config))}`)
      present = config
    } catch (error) {
      logger.error(`${(error as Error).message}\nThe last good configuration stays in force`)
    }
  }
}

function readArguments(args: readonly string[], context: CommandContext): ConfigSource | 'help' {
  const { values, positionals } = parseArguments(args, OPTIONS)
  if (values.help) return 'help'
  if (positionals.length > 0)
    throw new UsageError(`relay takes no arguments; is ${positionals.join(' ')} for --config?`)
  return configSource(values, context)
}

const OPTIONS = { ...CONFIG_OPTIONS, help: { type: 'boolean', short: 'h' } } as const
