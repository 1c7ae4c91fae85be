import { ConfigError } from '../../model/errors.ts'
import { IssueCollector } from '../../options/issues.ts'
import { readValues } from '../../options/read-values.ts'
import { readingOptions } from '../../options/readable.ts'
import { checkEnvironments } from './check-environments.ts'
import { checkFileOptions } from './check-file-options.ts'
import { checkGeneral, isEnabled, readGeneral } from './check-relay.ts'
import { readStore } from './databases.ts'
import { flagServerSections } from './flag-server.ts'
import { MAIN } from './main-options.ts'
import { type ConfigFile, readFile } from './read-file.ts'
import { readOptions } from './read-options.ts'
import { readVariables } from './read-variables.ts'
import type { RelayConfig, RelayOptions } from './relay-config.ts'
import { NO_SECTIONS, overlay, type Sections, type SourceReading } from './sections.ts'
import type { Variables } from './variable-warnings.ts'

/**
 * The sources of a configuration. For each option, a later source takes precedence: options over the file, variables over both,
 * and the command line of a flag server over all.
 */
export interface RelaySources {
  readonly file?: ConfigFile
  readonly options?: RelayOptions
  readonly variables?: Variables
  /** The settings of a flag server, whose only environment takes its flags from files. Absent for any other relay. */
  readonly commandLine?: Sections
}

export interface ReadConfig {
  readonly config: RelayConfig
  /** Settings without effect and doubtful settings, for the log. */
  readonly warnings: readonly string[]
}

const MAX_ISSUES = 100

const NOTHING: SourceReading = { sections: NO_SECTIONS, issues: [], warnings: [] }

/**
 * Reads the configuration of a relay. Throws a {@link ConfigError} with every error, each with the line of the file, the name
 * of the variable or the path in the options. No message repeats a value that could be a secret.
 */
export function readRelayConfig({ file, options, variables, commandLine }: RelaySources): ReadConfig {
  const written = file ? readFile(file) : NOTHING
  const passed = options === undefined ? NOTHING : readingOptions({ options }, () => readOptions(options))
  const below = overlay(written.sections, passed.sections)
  const known = commandLine ? overlay(below, commandLine) : below
  const overriding = variables ? readVariables(variables, known) : NOTHING
  const collector = new IssueCollector()
  const sources = { file: below, variables: overriding.sections }
  const { sections, acceptsAnyKey } = commandLine
    ? flagServerSections({ ...sources, commandLine }, collector)
    : { sections: overlay(below, overriding.sections), acceptsAnyKey: false }
  const checked = checkSections(sections, collector)
  const config = acceptsAnyKey ? openToAll(checked) : checked
  const parts = [written, passed, overriding, collector]
  const issues = parts.flatMap((part) => part.issues)
  if (issues.length > 0) throw new ConfigError(issues.slice(0, MAX_ISSUES))
  return { config, warnings: parts.flatMap((part) => part.warnings) }
}

function openToAll(config: RelayConfig): RelayConfig {
  const environments = config.environments.map((each) => ({ ...each, acceptsAnyKey: true }) as const)
  return { ...config, environments }
}

/** The options that decide where a relay listens, and how it is reached there. */
export interface ListenOptions extends Pick<RelayConfig, 'port' | 'host' | 'admin'> {
  readonly scheme: 'http' | 'https'
}

const LISTEN_OPTIONS: ReadonlySet<string> = new Set(['port', 'host', 'adminPort', 'adminHost', 'tlsEnabled'])

/**
 * Reads only the options that decide where a relay listens, so that a probe does not depend on the others, which may be changing.
 * Throws a {@link ConfigError} if one of them is wrong.
 */
export function readListenOptions({ file, variables = {} }: Omit<RelaySources, 'options'>): ListenOptions {
  const written = file ? readFile(file).sections : NO_SECTIONS
  const section = overlay(written, readVariables(variables, written).sections).shared.get('main')
  const collector = new IssueCollector()
  const options = MAIN.options.filter(({ name }) => LISTEN_OPTIONS.has(name))
  const values = readValues<ListenOptions>({ ...MAIN, options }, section, collector)
  collector.raise()
  return { ...values, scheme: isEnabled(section, 'tlsEnabled') ? 'https' : 'http' }
}

/** Returns the configuration with defaults. It is incomplete if `collector` has issues. */
function checkSections(sections: Sections, collector: IssueCollector): RelayConfig {
  const values = readGeneral(sections, collector)
  const choice = readStore(sections, collector)
  const general = checkGeneral(values, sections, { choice, collector })
  const environments = checkEnvironments(sections, { choice, collector })
  checkFileOptions(sections, collector)
  return { ...general, ...(choice && { store: choice.store }), environments }
}
