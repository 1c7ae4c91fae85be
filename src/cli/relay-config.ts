import { readFile } from 'node:fs/promises'
import { counted } from '../model/text.ts'
import { checkFiles } from '../relay/config/check-files.ts'
import { type ConfigDiff, RELOADABLE } from '../relay/config/diff.ts'
import type { ConfigFile } from '../relay/config/read-file.ts'
import { type ReadConfig, readRelayConfig } from '../relay/config/read-relay-config.ts'
import type { RelayConfig } from '../relay/config/relay-config.ts'
import type { RelayView } from '../relay/view.ts'
import type { CommandContext } from './command.ts'

/** Where a command line says that the configuration of a relay is. */
export interface ConfigSource {
  readonly env: CommandContext['env']
  /** `undefined`: environment variables alone. */
  readonly path: string | undefined
  readonly allowMissing: boolean
}

/** As `parseArguments` takes them. */
export const CONFIG_OPTIONS = {
  config: { type: 'string' },
  'allow-missing-file': { type: 'boolean' },
  'from-env': { type: 'boolean' },
} as const

export const CONFIG_USAGE = `  --config FILE          the configuration, in the form of LaunchDarkly's Relay Proxy (default /ldr/ld-relay.conf)
  --allow-missing-file   go on without it if it is not there
  --from-env             read environment variables alone`

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

/** Reads the file, and the variables that count in its place. Rejects with everything that is wrong with them. */
export async function readConfig(source: ConfigSource): Promise<ReadConfig> {
  const file = await readConfigFile(source)
  const read = readRelayConfig({ environment: source.env, ...(file && { file }) })
  await checkFiles(read.config)
  return read
}

async function readConfigFile({ path, allowMissing }: ConfigSource): Promise<ConfigFile | undefined> {
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

/** Why a relay does not start, in words that name what to change; anything else as it is. */
export function explained(error: unknown, { port, host }: Pick<RelayConfig, 'port' | 'host'>): unknown {
  const { code = '', syscall } = error as NodeJS.ErrnoException
  const where = `${host ?? 'any address'}, port ${port}`
  if (syscall === 'getaddrinfo') {
    return new Error(`cannot listen on ${where}: no machine has that name (${code}); see host in [Main]`, {
      cause: error,
    })
  }
  if (syscall !== 'listen') return error
  const [what, option] = LISTENING[code] ?? ['the system does not allow it', 'host and port']
  return new Error(`cannot listen on ${where}: ${what} (${code}); see ${option} in [Main]`, { cause: error })
}

const LISTENING: Readonly<Record<string, readonly [what: string, option: string]>> = {
  EADDRINUSE: ['another process does', 'port'],
  EACCES: ['the system keeps that port to itself', 'port'],
  EADDRNOTAVAIL: ['this machine does not have that address', 'host'],
}

/** Which environments have nothing to serve yet, and what was in the way last. */
export function withoutData(late: readonly string[], { environments }: RelayView): string {
  const reasons = late.map((name) => {
    const { lastError } = environments.find((each) => each.name === name)?.source ?? {}
    // The log has the hint already.
    const message = lastError?.message.replace(` (${lastError.hint})`, '')
    return `\n  ${name}: ${message ?? 'nothing was heard of LaunchDarkly'}`
  })
  return `nothing to serve yet for ${late.length} of ${counted(environments.length, 'environment')}:${reasons.join('')}`
}

/** Returns why a configured database can never be used as things are, if that is so. */
export function wrongDatabase({ environments }: RelayView): string | undefined {
  const failures = environments.flatMap(({ name, store }) => {
    const { state, lastError } = store?.status ?? {}
    return state === 'unavailable' &&
      (lastError?.kind === 'wrong_database' || lastError?.kind === 'missing_package')
      ? [`${name}: ${lastError.message}`]
      : []
  })
  return failures.length > 0
    ? `the configured database cannot be used; the relay ends\n  ${failures.join('\n  ')}`
    : undefined
}

/** A line is for reading: beyond this many names the rest is counted. */
const MAX_NAMES = 10

/** What another configuration brings, changes and takes away; what counts after a restart is warned of elsewhere. */
export function differences({ added, changed, removed, settings }: ConfigDiff): string {
  const lists = Object.entries({ added, changed, removed }).filter(([, list]) => list.length > 0)
  const words = lists.map(([what, list]) => {
    const names = list.slice(0, MAX_NAMES).map(({ name }) => name)
    const more = list.length - names.length
    return `${what} ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  })
  const others = settings.filter((name) => RELOADABLE.has(name))
  if (others.length > 0) words.push(`${others.join(', ')} as it says now`)
  return words.join('; ') || 'every environment stays as it is'
}
