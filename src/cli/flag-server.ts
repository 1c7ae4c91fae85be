import { ConfigError } from '../model/errors.ts'
import type { Setting } from '../options/option-table.ts'
import { FLAG_SERVER_ENVIRONMENT } from '../relay/config/flag-server.ts'
import { OpenSections, type Sections } from '../relay/config/sections.ts'
import { UsageError } from './arguments.ts'

/** The command line options of a flag server: one environment whose flags come from files. */
export const FLAG_SERVER_OPTIONS = {
  file: { type: 'string', multiple: true },
  url: { type: 'string', multiple: true },
  port: { type: 'string' },
  host: { type: 'string' },
  'sdk-key': { type: 'string' },
  'mobile-key': { type: 'string' },
  'client-side-id': { type: 'string' },
} as const

/** The values of the options; `interval` is that of a server for development. */
type FlagServerValues = { readonly [N in keyof typeof FLAG_SERVER_OPTIONS | 'interval']?: unknown }

/** The options that a relay has in its configuration otherwise. */
const OF_MAIN: ReadonlyMap<keyof FlagServerValues, string> = new Map([
  ['port', 'port'],
  ['host', 'host'],
])

const OF_ENVIRONMENT: ReadonlyMap<keyof FlagServerValues, string> = new Map([
  ['file', 'file'],
  ['url', 'url'],
  ['sdk-key', 'sdkKey'],
  ['mobile-key', 'mobileKey'],
  ['client-side-id', 'envId'],
  ['interval', 'fileInterval'],
])

/** Returns the settings of a flag server, or undefined without `--file` and `--url`. Throws a {@link UsageError} for options that need them. */
export function commandLineOf(values: FlagServerValues): Sections | undefined {
  const source = (['file', 'url'] as const).find((name) => values[name] !== undefined)
  if (source === undefined) {
    const stray = [...OF_MAIN.keys(), ...OF_ENVIRONMENT.keys()].find((name) => values[name] !== undefined)
    if (stray === undefined) return undefined
    throw new UsageError(
      `--${stray} needs --file or --url; other relays have this option in their configuration`,
    )
  }
  const sections = new OpenSections()
  setAll(sections.openShared('main', 'the command line'), OF_MAIN, values)
  setAll(sections.openEnvironment(FLAG_SERVER_ENVIRONMENT, `--${source}`), OF_ENVIRONMENT, values)
  return sections
}

function setAll(
  settings: Map<string, Setting>,
  names: ReadonlyMap<keyof FlagServerValues, string>,
  values: FlagServerValues,
): void {
  for (const [name, option] of names) {
    const value = values[name]
    if (value !== undefined) settings.set(option, { value, place: `--${name}` })
  }
}

/** Returns a {@link UsageError} if all problems of a configuration are in the command line; otherwise the error unchanged. */
export function asUsageError(error: unknown): unknown {
  const issues = error instanceof ConfigError ? error.issues : []
  if (issues.length === 0 || !issues.every(({ path }) => path.startsWith('--'))) return error
  const lines = issues.map(
    ({ path, expected, received }) => `${path}: expected ${expected}, received ${received}`,
  )
  return new UsageError(lines.join('\n'), { cause: error })
}
