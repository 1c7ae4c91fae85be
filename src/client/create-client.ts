import { startDataSystem } from '../config/create-data-system.ts'
import { normalise, type Settings } from '../config/normalise.ts'
import { presets } from '../config/presets.ts'
import { ConfigError, type ConfigIssue } from '../model/errors.ts'
import { readingOptions } from '../options/readable.ts'
import { assembleClient } from './client.ts'
import { CLIENT_OPTIONS, type ClientOptions, type SplitOptions, splitOptions } from './client-options.ts'
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
  return openClient(sdkKey, options)
}

/** Does the same for a caller that reads further options itself, whose names are `besides`. */
export function openClient(
  sdkKey: string,
  options: ClientOptions,
  besides: readonly string[] = [],
): FlagClient {
  const split = readingOptions({ options }, () => splitOptions(options))
  if (split.issues.length > 0)
    throw new ConfigError([...otherIssues(sdkKey, split, besides), ...split.issues])
  const { hooks, offline } = split
  const settings = settingsOf(sdkKey, split, besides)
  const { logger, clock } = settings
  const patterns = new Patterns(logger)
  const dataSystem = startDataSystem(settings, { prepare: patterns.prepare })
  return assembleClient({ sdkKey, hooks, offline, dataSystem, patterns, logger, clock })
}

function settingsOf(
  sdkKey: string | undefined,
  { offline, dataSystem, rest }: SplitOptions,
  besides: readonly string[],
): Settings {
  const names = { unknown: 'refuse', besides: [...CLIENT_OPTIONS, ...besides] } as const
  // A client that is offline sends no request, so it needs no key.
  const key = offline ? sdkKey || 'offline' : sdkKey
  const plan = offline ? presets.offline() : dataSystem
  return normalise(key as string, plan, rest, { environment: process.env, names })
}

/** Returns what is wrong with the other options, so that one error lists everything. */
function otherIssues(
  sdkKey: string,
  split: SplitOptions,
  besides: readonly string[],
): readonly ConfigIssue[] {
  try {
    settingsOf(sdkKey, split, besides)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.issues
    throw error
  }
}
