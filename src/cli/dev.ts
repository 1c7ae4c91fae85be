import { once } from 'node:events'
import { sdkKeyFault } from '../model/sdk-key.ts'
import { type CommandContext, consoleOf, printResult } from './command.ts'
import { type DevServerOptions, startDevServer } from './dev-server.ts'
import { parseArguments } from './parse-arguments.ts'
import { UsageError } from './usage-error.ts'

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
