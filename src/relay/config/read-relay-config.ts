import { ConfigError } from '../../model/errors.ts'
import { readingOptions } from '../../model/readable.ts'
import { check } from './check.ts'
import { type Environment, readEnvironment } from './read-environment.ts'
import { type ConfigFile, readFile } from './read-file.ts'
import { readOptions } from './read-options.ts'
import type { Reading } from './reading.ts'
import type { RelayConfig } from './relay-config.ts'
import type { RelayOptions } from './relay-options.ts'
import { NO_SECTIONS, overlay } from './sections.ts'

/** Where a configuration may stand: what comes later here counts in place of what comes before. */
export interface RelaySources {
  readonly file?: ConfigFile
  readonly options?: RelayOptions
  readonly environment?: Environment
}

export interface ReadConfig {
  readonly config: RelayConfig
  /** What was written without effect, for the log. */
  readonly warnings: readonly string[]
}

/** More than this nobody reads. */
const MOST_ISSUES = 100

const NOTHING: Reading = { sections: NO_SECTIONS, issues: [], warnings: [] }

/**
 * Reads the configuration of a relay. Nothing of a secret gets into a message.
 *
 * @throws {ConfigError} with everything that is wrong, each with the line of the file, the name of the variable, or the
 * path in the options.
 */
export function readRelayConfig({ file, options, environment }: RelaySources): ReadConfig {
  const written = file ? readFile(file) : NOTHING
  const handedIn = options === undefined ? NOTHING : readingOptions({ options }, () => readOptions(options))
  const below = overlay(written.sections, handedIn.sections)
  const surrounding = environment ? readEnvironment(environment, below) : NOTHING
  const checked = check(overlay(below, surrounding.sections))
  const parts = [written, handedIn, surrounding, checked]
  const issues = parts.flatMap((part) => part.issues)
  if (issues.length > 0) throw new ConfigError(issues.slice(0, MOST_ISSUES))
  return { config: checked.config, warnings: parts.flatMap((part) => part.warnings) }
}
