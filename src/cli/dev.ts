import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Clock, systemClock } from '../async/clock.ts'
import type { ReceivedEvent } from '../events/receive-payload.ts'
import type { FlagFile } from '../flag-file/parse.ts'
import { readFlagFiles } from '../flag-file/read.ts'
import { Reviser } from '../flag-file/reviser.ts'
import { watchFile } from '../flag-file/watch.ts'
import type { AppliedChangeSet, Change } from '../model/change-set.ts'
import type { Logger } from '../model/logger.ts'
import { sdkKeyFault } from '../model/sdk-key.ts'
import { counted } from '../model/text.ts'
import { parseArguments, UsageError } from './arguments.ts'
import { type CommandContext, consoleOf, printResult } from './command.ts'
import { DevFlagServer } from './dev-flag-server.ts'
import { eventLine } from './event-line.ts'

const USAGE = `Usage: halyard dev FILE [options]

Serves a flag file (JSON or YAML) to SDKs with FDv2 and FDv1, and streams the changes each time the file is saved.
Accepts the analytics events of the SDKs.

  --port N         port to listen on; 0 selects a free port (default 8765)
  --host HOST      address to listen on (default 127.0.0.1)
  --sdk-key KEY    accept this SDK key only (default: every key)
  --events         print the analytics events, a line each
  --help           print this`

/** Serves a flag file until the process is asked to stop. Resolves after a goodbye event to every client. */
export async function dev(args: readonly string[], context: CommandContext): Promise<number> {
  const options = readOptions(args, context)
  if (options === 'help') return printResult(USAGE, context)
  const { signal } = context
  const server = await startDevServer(options)
  if (!signal.aborted) await once(signal, 'abort')
  await server.close()
  return 0
}

function readOptions(args: readonly string[], context: CommandContext): DevServerOptions | 'help' {
  const { values, positionals } = parseArguments(args, OPTIONS)
  if (values.help) return 'help'
  const [path, ...rest] = positionals
  if (path === undefined) throw new UsageError('dev needs the path of a flag file')
  if (rest.length > 0) throw new UsageError(`dev serves one file; unexpected arguments: ${rest.join(' ')}`)
  const { port, host, 'sdk-key': sdkKey, events } = values
  return {
    path,
    logger: consoleOf(context),
    ...(port !== undefined && { port: readPort(port) }),
    ...(host !== undefined && { host }),
    ...(sdkKey !== undefined && { sdkKey: readSdkKey(sdkKey) }),
    ...(events && { onEvent: (event) => context.stdout(eventLine(event)) }),
  }
}

const OPTIONS = {
  port: { type: 'string' },
  host: { type: 'string' },
  'sdk-key': { type: 'string' },
  events: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

function readSdkKey(sdkKey: string): string {
  const fault = sdkKeyFault(sdkKey)
  if (fault !== undefined) throw new UsageError(`--sdk-key must be an SDK key, not ${fault}`)
  return sdkKey
}

function readPort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) throw new UsageError(`--port must be 0 to 65535, not ${text}`)
  return port
}

const MAX_KEYS = 10

/** Returns a list of changes, for example `changed flag a, deleted segment b`. */
export function describeChanges(changes: readonly Change[]): string {
  const named = changes
    .slice(0, MAX_KEYS)
    .map(({ op, kind, key }) => `${op === 'put' ? 'changed' : 'deleted'} ${kind} ${key}`)
  const more = changes.length - named.length
  return more > 0 ? `${named.join(', ')} and ${more} more` : named.join(', ')
}

export interface DevServerOptions {
  /** Path of the flag file: JSON, or YAML if it ends with `.yaml` or `.yml`. */
  readonly path: string
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>
  /** Port to listen on; 0 selects a free port. Default 8765. */
  readonly port?: number
  /** Address to listen on. Default `127.0.0.1`, which only this machine can reach. */
  readonly host?: string
  /** SDK key that clients must send. Default: any key. */
  readonly sdkKey?: string
  readonly clock?: Clock
  /** Called for each analytics event and each diagnostic that a client sends. Default: they are ignored. */
  readonly onEvent?: (event: ReceivedEvent) => void
  /** Time between heartbeats of an idle stream, in milliseconds. Default 30,000. */
  readonly heartbeatMs?: number
  /** Time between two checks of the file, in milliseconds. Default 200. */
  readonly pollIntervalMs?: number
}

export interface DevServer {
  readonly url: string
  /** Sends every client a goodbye event and stops. May be called several times. */
  close(): Promise<void>
}

const DRAIN_TIMEOUT_MS = 1_000

/**
 * Serves a flag file over FDv2 and FDv1, and streams the changes each time it is saved. If a saved file is invalid, the server
 * logs an error and keeps serving the last valid data. Rejects with a `FlagFileError` if the file is invalid at the start, or
 * with the platform's error if the address cannot be used.
 */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  const { path, logger, port = 8765, host = '127.0.0.1', clock = systemClock, pollIntervalMs = 200 } = options
  const stopping = new AbortController()
  const saves = watchFile(path, { clock, signal: stopping.signal, intervalMs: pollIntervalMs })
  const reviser = new Reviser()
  const warned = new Set<string>()
  const read = async (): Promise<FlagFile> => {
    const file = await readFlagFiles({ paths: [path] })
    for (const warning of file.warnings) if (!warned.has(warning)) logger.warn(warning)
    warned.clear()
    for (const warning of file.warnings) warned.add(warning)
    return file
  }
  const file = await read()
  const flagServer = new DevFlagServer({ ...options, clock })
  const publish = publisher(flagServer)
  publish(reviser.revise(file))

  const http = createServer(flagServer.handler).listen(port, host)
  await once(http, 'listening').catch((error: unknown) => {
    stopping.abort()
    throw listenError(error, { port, host })
  })
  // Node reports a connection that could not be accepted, and an error without a listener would end the process.
  http.on('error', (error) => logger.warn(`dev server: cannot accept a connection: ${error.message}`))
  logger.info(`dev server: serving ${path} on ${urlOf(http)}`)
  logger.info(`dev server: ${counted(file.flags.size, 'flag')}, ${counted(file.segments.size, 'segment')}`)

  const follow = async (): Promise<void> => {
    for await (const _ of saves) {
      try {
        const changeSet = reviser.revise(await read())
        if (!changeSet) continue
        publish(changeSet)
        logger.info(
          `dev server: ${describeChanges(changeSet.changes)}; sent to ${counted(flagServer.clients, 'client')}`,
        )
      } catch (error) {
        logger.error(`${(error as Error).message}; still serving the last valid data`)
      }
    }
    // A client that does not read would keep its connection open.
    const disarm = clock.after(DRAIN_TIMEOUT_MS, () => http.closeAllConnections())
    await flagServer.close()
    await stop(http)
    disarm()
  }
  const stopped = follow()
  return {
    url: urlOf(http),
    close() {
      stopping.abort()
      return stopped
    },
  }
}

/** Returns a function that publishes changes. Selectors contain an id of this run, so that those of earlier runs are unknown. */
function publisher(flagServer: DevFlagServer): (changeSet: AppliedChangeSet | undefined) => void {
  const run = randomUUID()
  let version = 0
  return (changeSet) => {
    if (!changeSet) return
    version++
    flagServer.accept(changeSet, { state: `(p:${run}:${version})`, version })
  }
}

/** Returns an error with the cause and a remedy if the server cannot listen; returns any other error unchanged. */
function listenError(
  error: unknown,
  { port, host }: Required<Pick<DevServerOptions, 'port' | 'host'>>,
): unknown {
  const { code = '', syscall } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE') {
    return new Error(`port ${port} is already in use; choose another with --port, or 0 for a free one`, {
      cause: error,
    })
  }
  if (code === 'EACCES') {
    return new Error(`port ${port} is not permitted to this user; choose one above 1023 with --port`, {
      cause: error,
    })
  }
  if (code !== 'EADDRNOTAVAIL' && syscall !== 'getaddrinfo') return error
  return new Error(`${host} is not an address of this machine (${code}); choose another with --host`, {
    cause: error,
  })
}

async function stop(http: Server): Promise<void> {
  const closed = once(http, 'close')
  http.close()
  await closed
}

function urlOf(http: Server): string {
  const { address, family, port } = http.address() as AddressInfo
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}
