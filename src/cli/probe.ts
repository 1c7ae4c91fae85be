import { readFile } from 'node:fs/promises'
import type { RequestOptions } from 'node:https'
import { isIP } from 'node:net'
import { parseDuration } from '../options/duration.ts'
import { type ListenOptions, readListenOptions } from '../relay/config/read-relay-config.ts'
import { parseArguments, UsageError } from './arguments.ts'
import { type Command, type CommandContext, printResult } from './command.ts'
import { HELP_ROW, helpText } from './help.ts'
import { probeFailure } from './probe-request.ts'
import { CONFIG_OPTIONS, CONFIG_ROWS, configSource, readConfigFile } from './relay-config.ts'

interface Probe {
  readonly name: string
  readonly path: string
  /** The state of the relay that a successful probe proves. */
  readonly good: string
  readonly bad: string
  readonly question: string
}

const OPTIONS = {
  ...CONFIG_OPTIONS,
  url: { type: 'string' },
  ca: { type: 'string' },
  'server-name': { type: 'string' },
  timeout: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

function usageOf({ name, path, question, good, bad }: Probe): string {
  return helpText({
    usage: `${name} [options]`,
    about: [
      `${question} (GET ${path}), and prints one line.`,
      'Without --url it asks the relay of this machine, at the port of its configuration (adminPort, otherwise port). Environment variables override the file, as for halyard relay; a missing default file is accepted.',
    ],
    sections: [
      {
        title: 'Options',
        rows: [
          ['--url URL', 'address of another relay'],
          ['--ca FILE', 'certificate authority to trust for --url, in PEM'],
          ['--server-name NAME', 'name in the certificate, if it is not the host of --url'],
          ['--timeout TIME', 'time for the whole request (default 5s)'],
          ...CONFIG_ROWS,
          HELP_ROW,
        ],
      },
    ],
    examples: [`halyard ${name}`, `halyard ${name} --url https://relay.internal:8030`],
    exitCodes: [
      ['0', good],
      ['1', `${bad}, or no answer`],
      ['2', 'wrong command line'],
    ],
    page: 'docs/relay-operation.md',
  })
}

export const health: Command = probeCommand({
  name: 'health',
  path: '/healthz',
  good: 'alive',
  bad: 'not alive',
  question: 'Asks a relay whether its process is alive',
})

export const ready: Command = probeCommand({
  name: 'ready',
  path: '/readyz',
  good: 'ready',
  bad: 'not ready',
  question: 'Asks a relay whether SDKs should use it',
})

function probeCommand(probe: Probe): Command {
  return async (args, context) => {
    const { values, positionals } = parseArguments(args, OPTIONS)
    if (values.help) return printResult(usageOf(probe), context)
    if (positionals.length > 0)
      throw new UsageError(
        `${probe.name} takes no arguments; use --url for an address: ${positionals.join(' ')}`,
      )
    const timeoutMs = parseDuration(values.timeout ?? '5s') ?? 0
    if (timeoutMs <= 0) throw new UsageError('--timeout needs a duration, such as 5s')
    const target =
      values.url === undefined ? await ownTarget(values, context) : await urlTarget(values.url, values)
    const where = `${target.url}${probe.path}`
    const failure = await probeFailure({ url: where, options: target.options, timeoutMs }, context.signal)
    if (failure === undefined) return printResult(`${probe.good}: ${where}`, context)
    context.stderr(`${probe.bad}: ${where}: ${failure}`)
    return 1
  }
}

interface Target {
  /** The base URL, without a password. */
  readonly url: string
  readonly options: RequestOptions
}

type ProbeValues = Parameters<typeof configSource>[0] & {
  readonly ca?: string | undefined
  readonly 'server-name'?: string | undefined
}

/** Returns the address of the relay of this machine, according to its configuration. */
async function ownTarget(values: ProbeValues, context: CommandContext): Promise<Target> {
  const source = configSource(values, context)
  const file = await readConfigFile({
    ...source,
    allowMissing: source.allowMissing || values.config === undefined,
  })
  const { scheme, port, host } = placeOf(readListenOptions({ variables: context.env, ...(file && { file }) }))
  if (port === 0)
    throw new UsageError('the configured port 0 selects a free one; pass the address with --url')
  const url = `${scheme}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`
  // The certificate is for the name that clients use, not for this address, and may be renewed or expired at this moment, which
  // must not restart the relay. The request contains no secret, and the answer decides nothing but this exit code.
  return { url, options: { rejectUnauthorized: false } }
}

/** Addresses that stand for all addresses of a machine, and the loopback address to connect to instead. */
const LOOPBACK: ReadonlyMap<string | undefined, string> = new Map([
  [undefined, '127.0.0.1'],
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
])

function placeOf({ scheme, port, host, admin }: ListenOptions): {
  scheme: string
  port: number
  host: string
} {
  const place = { port: admin?.port ?? port, host: admin?.host ?? host }
  return { scheme, port: place.port, host: LOOPBACK.get(place.host) ?? place.host ?? '' }
}

async function urlTarget(text: string, { ca, 'server-name': servername }: ProbeValues): Promise<Target> {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash)
    throw new UsageError('--url needs an http or https URL without user, password and query')
  const options = {
    ...(ca !== undefined && { ca: await readFile(ca) }),
    ...(servername !== undefined && { servername }),
  }
  return { url: url.href.replace(/\/$/, ''), options }
}
