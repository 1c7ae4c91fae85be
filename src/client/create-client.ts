import { systemClock } from '../async/clock.ts'
import { consoleLogger } from '../config/console-logger.ts'
import { createDataSystem } from '../config/create-data-system.ts'
import { normalise } from '../config/normalise.ts'
import type { DataSystem } from '../datasystem/data-system.ts'
import { ConfigError, type ConfigIssue } from '../model/errors.ts'
import { presets } from '../presets/presets.ts'
import { Client } from './client.ts'
import { type ClientOptions, type SplitOptions, splitOptions } from './client-options.ts'
import type { FlagClient } from './flag-client.ts'

export type { ClientOptions } from './client-options.ts'

/**
 * Makes a client over a data system of its own, and starts it.
 *
 * @param sdkKey the server-side credential of one environment; may be empty for a client that is offline.
 * @throws {ConfigError} when anything handed in is wrong; nothing has been started then.
 */
export function createClient(sdkKey: string, options: ClientOptions = {}): FlagClient {
  const split = splitOptions(options)
  if (split.issues.length > 0) throw new ConfigError([...otherIssues(sdkKey, split), ...split.issues])
  const { hooks, offline, rest } = split
  return new Client({
    sdkKey,
    hooks,
    offline,
    dataSystem: startDataSystem(sdkKey, split),
    logger: rest.logger ?? consoleLogger,
    clock: rest.clock ?? systemClock,
  })
}

function startDataSystem(sdkKey: string, { offline, dataSystem, rest }: SplitOptions): DataSystem {
  // Nobody is asked, so there is nobody to show a key to.
  if (offline) return createDataSystem(sdkKey === '' ? 'offline' : sdkKey, presets.offline(), rest)
  return createDataSystem(sdkKey, dataSystem, rest)
}

/** What else is wrong, so that everything is told at once. */
function otherIssues(sdkKey: string, { dataSystem, rest }: SplitOptions): readonly ConfigIssue[] {
  try {
    normalise(sdkKey, dataSystem, rest)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.issues
    throw error
  }
}
