import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Clock, systemClock } from '../async/clock.ts'
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

const USAGE = `Usage: halyard dev FILE [options]

Serves a flag file (JSON or YAML) to SDKs of FDv2 and FDv1, and streams the difference each time the file is saved.

  --port N         port to listen on; 0 takes a free one (default 8765)
  --host HOST      address to listen on (default 127.0.0.1)
  --sdk-key KEY    accept this SDK key only (default: every key)
  --help           print this`

/** Serves until the process is asked to stop. Resolves when the clients have received their goodbye. */
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
  if (rest.length > 0) throw new UsageError(`dev serves one file; what is ${rest.join(' ')}?`)
  const { port, host, 'sdk-key': sdkKey } = values
  return {
    path,
    logger: consoleOf(context),
    ...(port !== undefined && { port: readPort(port) }),
    ...(host !== undefined && { host }),
    ...(sdkKey !== undefined && { sdkKey: readSdkKey(sdkKey) }),
  }
}

const OPTIONS = {
  port: { type: 'string' },
  host: { type: 'string' },
  'sdk-key': { type: 'string' },
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

/** A line is for reading: beyond this many keys the rest is counted. */
const MAX_KEYS = 10

/** As `changed flag a, deleted segment b`. */
export function describeChanges(changes: readonly Change[]): string {
  const named = changes
    .slice(0, MAX_KEYS)
    .map(({ op, kind, key }) => `${op === 'put' ? 'changed' : 'deleted'} ${kind} ${key}`)
  const more = changes.length - named.length
  return more > 0 ? `${named.join(', ')} and ${more} more` : named.join(', ')
}

export interface DevServerOptions {
  /** The flag file: JSON, or YAML by its extension. */
  readonly path: string
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>
  /** Default 8765; 0 takes a free one. */
  readonly port?: number
  /** Default `127.0.0.1`: this machine only. */
  readonly host?: string
  /** The key clients must present; without one everybody is served. */
  readonly sdkKey?: string
  readonly clock?: Clock
  /** Default 30,000. */
  readonly heartbeatMs?: number
  /** How often the file is looked at. Default 200. */
  readonly pollIntervalMs?: number
}

export interface DevServer {
  readonly url: string
  /** Says goodbye to the clients, then stops. Safe to call twice. */
  close(): Promise<void>
}

/** How long clients get to take their goodbye. */
const GRACE_MS = 1_000

/**
 * Serves a flag file over FDv2 and FDv1, and streams the difference each time it is saved. A save that is refused
 * is reported, and the last good data stays served. Rejects with a `FlagFileError` when the file is not good to
 * begin with, or with the platform's error when the address cannot be listened on.
 */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  const { path, logger, port = 8765, host = '127.0.0.1', clock = systemClock, pollIntervalMs = 200 } = options
  const life = new AbortController()
  const saves = watchFile(path, { clock, signal: life.signal, intervalMs: pollIntervalMs })
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
    life.abort()
    throw explained(error, { port, host })
  })
  // Node reports a connection that could not be accepted, and an error without a listener would end the process.
  http.on('error', (error) => logger.warn(`a connection could not be accepted: ${error.message}`))
  logger.info(`Serving ${path} on ${urlOf(http)}`)
  logger.info(`${counted(file.flags.size, 'flag')}, ${counted(file.segments.size, 'segment')}`)

  const follow = async (): Promise<void> => {
    for await (const _ of saves) {
      try {
        const changeSet = reviser.revise(await read())
        if (!changeSet) continue
        publish(changeSet)
        logger.info(`${describeChanges(changeSet.changes)}; told ${counted(flagServer.clients, 'client')}`)
      } catch (error) {
        logger.error(`${(error as Error).message}; the last good data stays served`)
      }
    }
    // Bounded, because a client that does not read would never take its goodbye.
    const disarm = clock.after(GRACE_MS, () => http.closeAllConnections())
    await flagServer.close()
    await stop(http)
    disarm()
  }
  const stopped = follow()
  return {
    url: urlOf(http),
    close() {
      life.abort()
      return stopped
    },
  }
}

/** Names each state after this run, so that the basis of an earlier one is honestly unknown. */
function publisher(flagServer: DevFlagServer): (changeSet: AppliedChangeSet | undefined) => void {
  const run = randomUUID()
  let version = 0
  return (changeSet) => {
    if (!changeSet) return
    version++
    flagServer.accept(changeSet, { state: `(p:${run}:${version})`, version })
  }
}

/** Returns why the server cannot listen, and what to do about it; any other error as it is. */
function explained(
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
