import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { systemClock } from '../async/clock.ts'
import { watchFile } from '../flag-file/watch.ts'
import type { Logger } from '../model/logger.ts'
import { checkFiles } from '../relay/config/check-files.ts'
import type { ConfigFile } from '../relay/config/read-file.ts'
import { type ReadConfig, readRelayConfig } from '../relay/config/read-relay-config.ts'
import { relayLog } from '../relay/logging/relay-log.ts'
import { writeLines } from '../relay/logging/write-lines.ts'
import { type Relay, startRelay } from '../relay/relay.ts'
import { parseArguments } from './parse-arguments.ts'
import { explained, withoutData } from './relay-words.ts'
import { UsageError } from './usage-error.ts'

const USAGE = `Usage: halyard relay [options]

Keeps the flags of many environments current, in a database if one is configured, and serves them to SDKs.

  --config FILE          the configuration, in the form of LaunchDarkly's Relay Proxy (default /ldr/ld-relay.conf)
  --allow-missing-file   go on without it if it is not there
  --from-env             read environment variables alone
  --help                 print this

Environment variables count in place of the file. A file that is saved again is read again: environments come and go, and
those that stay the same do not notice. What is not about environments needs a restart. Every option: docs/relay.md.`

const DEFAULT_FILE = '/ldr/ld-relay.conf'

interface Arguments {
  /** `undefined`: environment variables alone. */
  readonly path: string | undefined
  readonly allowMissing: boolean
}

/** Starts a relay and lets the process end once it is told to stop and the clients have their goodbye. */
export async function relay(args: readonly string[]): Promise<void> {
  const read = readArguments(args)
  if (read === 'help') return console.info(USAGE)
  const first = await readConfig(read)
  const { logFormat, logLevel } = first.config
  const write = writeLines(logFormat, systemClock)
  try {
    await serve(first, read, relayLog(write, logLevel).relay)
  } catch (error) {
    // In the form of everything else that was written, and whatever the level: nobody wants to guess why it ended.
    write({ level: 'error', message: (error as Error).message })
    process.exitCode = 1
  }
}

async function serve(first: ReadConfig, read: Arguments, logger: Logger): Promise<void> {
  for (const warning of first.warnings) logger.warn(warning)
  const running = await startRelay(first.config).catch((error: unknown) => {
    throw explained(error, first.config)
  })
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())
  // Whatever is waited for at that moment, the start included.
  const stopped = once(stopping.signal, 'abort').then(() => running.close())
  logger.info(`Serving ${first.config.environments.length} environments on ${running.url}`)
  await judgeStart(running, first, logger)
  if (read.path !== undefined) await follow(running, read, stopping.signal, logger)
  await stopped
}

/**
 * As in LaunchDarkly's: without data in time there is no use in going on, unless the configuration says otherwise. One
 * environment that is late is no reason to leave the others without anything.
 */
async function judgeStart(running: Relay, { config }: ReadConfig, logger: Logger): Promise<void> {
  const late = await running.started
  if (late.length === 0) return
  const what = withoutData(late, running.view)
  if (config.ignoreConnectionErrors || late.length < config.environments.length)
    return logger.warn(`${what}\nTrying on`)
  await running.close()
  throw new Error(`${what}\n${GIVING_UP}`)
}

const GIVING_UP =
  'Giving up; with ignoreConnectionErrors = true in [Main], or IGNORE_CONNECTION_ERRORS=1, it would try on'

/** A file that is wrong is told of, and changes nothing. */
async function follow(running: Relay, read: Arguments, signal: AbortSignal, logger: Logger): Promise<void> {
  for await (const _ of watchFile(read.path ?? '', { clock: systemClock, signal, intervalMs: 1_000 })) {
    try {
      const { config, warnings } = await readConfig(read)
      for (const warning of warnings) logger.warn(warning)
      await running.reload(config)
      logger.info(`the configuration was read again: ${config.environments.length} environments`)
    } catch (error) {
      logger.error(`${(error as Error).message}\nThe last good configuration stays in force`)
    }
  }
}

async function readConfig(args: Arguments): Promise<ReadConfig> {
  const file = await readConfigFile(args)
  const read = readRelayConfig({ environment: process.env, ...(file && { file }) })
  await checkFiles(read.config)
  return read
}

async function readConfigFile({ path, allowMissing }: Arguments): Promise<ConfigFile | undefined> {
  if (path === undefined) return undefined
  try {
    return { path, text: await readFile(path, 'utf8') }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT') throw new Error(`${path}: cannot be read: ${message}`)
    if (allowMissing) return undefined
    throw new Error(`${path}: there is no such file; --config names another, --from-env does without one`)
  }
}

function readArguments(args: readonly string[]): Arguments | 'help' {
  const { values, positionals } = parseArguments(args, OPTIONS)
  if (values.help) return 'help'
  if (positionals.length > 0)
    throw new UsageError(`relay takes no arguments; is ${positionals.join(' ')} for --config?`)
  const path = values['from-env'] ? values.config : (values.config ?? DEFAULT_FILE)
  return { path, allowMissing: values['allow-missing-file'] ?? false }
}

const OPTIONS = {
  config: { type: 'string' },
  'allow-missing-file': { type: 'boolean' },
  'from-env': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const
