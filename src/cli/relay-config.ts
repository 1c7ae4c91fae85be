import { readFile } from 'node:fs/promises'
import { checkFiles } from '../relay/config/check-files.ts'
import { type ConfigDiff, RELOADABLE } from '../relay/config/diff.ts'
import type { ConfigFile } from '../relay/config/read-file.ts'
import { type ReadConfig, type RelaySources, readRelayConfig } from '../relay/config/read-relay-config.ts'
import type { RelayConfig } from '../relay/config/relay-config.ts'
import type { Sections } from '../relay/config/sections.ts'
import type { CommandContext } from './command.ts'
import { asUsageError } from './flag-server.ts'
import type { HelpRow } from './help.ts'

export interface ConfigSource {
  readonly env: CommandContext['env']
  /** Path of the file, or `undefined` for environment variables only. */
  readonly path: string | undefined
  readonly allowMissing: boolean
  /** The settings of a flag server. */
  readonly commandLine?: Sections
}

export const CONFIG_OPTIONS = {
  config: { type: 'string' },
  'allow-missing-file': { type: 'boolean' },
  'from-env': { type: 'boolean' },
} as const

/** The options of {@link CONFIG_OPTIONS} in help texts. */
export const CONFIG_ROWS: readonly HelpRow[] = [
  ['--config FILE', "configuration in the format of LaunchDarkly's Relay Proxy (default /ldr/ld-relay.conf)"],
  ['--allow-missing-file', 'continue if the file does not exist'],
  ['--from-env', 'read environment variables only'],
]

const DEFAULT_FILE = '/ldr/ld-relay.conf'

interface ConfigValues {
  readonly config?: string | undefined
  readonly 'allow-missing-file'?: boolean | undefined
  readonly 'from-env'?: boolean | undefined
}

export function configSource(values: ConfigValues, { env }: CommandContext): ConfigSource {
  const path = values['from-env'] ? values.config : (values.config ?? DEFAULT_FILE)
  return { env, path, allowMissing: values['allow-missing-file'] ?? false }
}

/** Reads the configuration from the file and the variables that override it. Rejects with all errors in them. */
export async function readConfig(
  source: ConfigSource,
  moment: 'start' | 'reload' = 'start',
): Promise<ReadConfig> {
  const file = await readConfigFile(source)
  const { env: variables, commandLine } = source
  const read = readSources({ variables, ...(file && { file }), ...(commandLine && { commandLine }) })
  await checkFiles(read.config, moment)
  return read
}

function readSources(sources: RelaySources): ReadConfig {
  try {
    return readRelayConfig(sources)
  } catch (error) {
    throw asUsageError(error)
  }
}

/** Reads the file. Rejects if it does not exist, unless that is allowed. */
export async function readConfigFile({ path, allowMissing }: ConfigSource): Promise<ConfigFile | undefined> {
  if (path === undefined) return undefined
  try {
    return { path, text: await readFile(path, 'utf8') }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT') throw new Error(`${path}: cannot be read: ${message}`)
    if (allowMissing) return undefined
    throw new Error(`${path}: the file does not exist; select another with --config, or none with --from-env`)
  }
}

/** Returns an error that names the option to change if the relay cannot listen; returns any other error unchanged. */
export function listenError(error: unknown, config: ListenConfig): unknown {
  const { code = '', syscall } = error as NodeJS.ErrnoException
  if (syscall === 'getaddrinfo') {
    const { host, hostOption } = placeOf(({ host: name }) => name === hostOf(error), config)
    return new Error(
      `cannot listen on ${host}: the host name is unknown (${code}); see ${hostOption} in [Main]`,
      { cause: error },
    )
  }
  if (syscall !== 'listen') return error
  const { port, host, portOption, hostOption } = placeOf((place) => place.port === portOf(error), config)
  const [reason, option] = LISTENING[code] ?? ['the system refuses it', 'port']
  const where = `${host ?? 'any address'}, port ${port}`
  const see = option === 'host' ? `${hostOption} in [Main]` : portOption
  return new Error(`cannot listen on ${where}: ${reason} (${code}); see ${see}`, { cause: error })
}

const LISTENING: Readonly<Record<string, readonly [reason: string, option: 'host' | 'port']>> = {
  EADDRINUSE: ['the port is already in use', 'port'],
  EACCES: ['this user may not use the port', 'port'],
  EADDRNOTAVAIL: ['this machine does not have the address', 'host'],
}

type ListenConfig = Pick<RelayConfig, 'port' | 'host' | 'admin' | 'prometheus'>

interface Place {
  readonly port: number
  readonly host: string | undefined
  readonly portOption: string
  readonly hostOption: string
}

/** Returns the last of the ports that meets the condition, because the ports are opened in this order; otherwise the first. */
function placeOf(isMeant: (place: Place) => boolean, { port, host, admin, prometheus }: ListenConfig): Place {
  const main: Place = { port, host, portOption: 'port in [Main]', hostOption: 'host' }
  const others: readonly (Place | undefined)[] = [
    admin && {
      port: admin.port,
      host: admin.host ?? host,
      portOption: 'adminPort in [Main]',
      hostOption: admin.host === undefined ? 'host' : 'adminHost',
    },
    prometheus && { ...main, port: prometheus.port, portOption: 'port in [Prometheus]' },
  ]
  return [main, ...others].findLast((place) => place !== undefined && isMeant(place)) ?? main
}

function portOf(error: unknown): unknown {
  return (error as { readonly port?: unknown }).port
}

function hostOf(error: unknown): unknown {
  return (error as { readonly hostname?: unknown }).hostname
}

const MAX_NAMES = 10

/** Returns a list of the changes that a reload has applied. `Environments` logs a warning about those that need a restart. */
export function differences({ added, changed, updated, removed, settings }: ConfigDiff): string {
  const lists = Object.entries({ added, changed, updated, removed }).filter(([, list]) => list.length > 0)
  const parts = lists.map(([change, list]) => {
    const names = list.slice(0, MAX_NAMES).map(({ name }) => name)
    const more = list.length - names.length
    return `${change} ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  })
  const others = settings.filter((name) => RELOADABLE.has(name))
  if (others.length > 0) parts.push(`applied ${others.join(', ')}`)
  return parts.join('; ') || 'no change'
}
