import { readFile } from 'node:fs/promises'
import { checkFiles } from '../relay/config/check-files.ts'
import type { ConfigFile } from '../relay/config/read-file.ts'
import { type ReadConfig, readRelayConfig } from '../relay/config/read-relay-config.ts'
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
