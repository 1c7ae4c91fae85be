import { systemClock } from '../async/clock.ts'
import { consoleLogger } from '../config/console-logger.ts'
import { openDataSystem } from '../config/create-data-system.ts'
import { normalise } from '../config/normalise.ts'
import type { DataSystem } from '../datasystem/data-system.ts'
import { ConfigError, type ConfigIssue } from '../model/errors.ts'
import { presets } from '../presets/presets.ts'
import { Client } from './client.ts'
import { type ClientOptions, type SplitOptions, splitOptions } from './client-options.ts'
import type { FlagClient } from './flag-client.ts'
import { Patterns } from './patterns.ts'

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
  // Without types anything may be handed in; what is no object is refused below.
  const logger = (rest as ClientOptions | null)?.logger ?? consoleLogger
  const patterns = new Patterns(logger)
  return new Client({
    sdkKey,
    hooks,
    offline,
    dataSystem: startDataSystem(sdkKey, split, patterns),
    patterns,
    logger,
    clock: rest.clock ?? systemClock,
  })
}

function startDataSystem(
  sdkKey: string,
  { offline, dataSystem, rest }: SplitOptions,
  { prepare }: Patterns,
): DataSystem {
  // An offline client sends no request, so the key may be empty.
  if (offline)
    return openDataSystem(sdkKey === '' ? 'offline' : sdkKey, presets.offline(), { options: rest, prepare })
  return openDataSystem(sdkKey, dataSystem, { options: rest, prepare })
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
