import { BigSegments } from '../big-segments/big-segments.ts'
import { openBigSegmentStore } from '../big-segments/open-store.ts'
import { startAnalytics, startDataSystem } from '../config/create-data-system.ts'
import { normalise, type Settings } from '../config/normalise.ts'
import { presets } from '../config/presets.ts'
import { Patterns } from '../evaluation/patterns.ts'
import { ConfigError, type ConfigIssue } from '../model/errors.ts'
import { readingOptions } from '../options/readable.ts'
import { Overrides } from '../overrides/overrides.ts'
import { assembleClient } from './client.ts'
import { CLIENT_OPTIONS, type ClientOptions, type SplitOptions, splitOptions } from './client-options.ts'
import type { FlagClient } from './flag-client.ts'
import { environmentMetadata, Plugins } from './plugins.ts'

export type { ClientOptions } from './client-options.ts'

/**
 * Creates a client with a data system of its own and starts it. Returns at once; to wait for data, call
 * `waitForInitialization`. Call `close` to end its connections and timers.
 *
 * @param sdkKey - the server-side SDK key of one environment; may be empty if the client is offline.
 * @throws {@link ConfigError} if an option is wrong. It lists every problem, and nothing was started.
 * @example
 * ```ts
 * const client = createClient(process.env.LAUNCHDARKLY_SDK_KEY ?? '', { dataSystem: presets.default() })
 * await client.waitForInitialization({ timeoutMs: 5_000 })
 * const enabled = await client.boolVariation('new-checkout', { kind: 'user', key: 'u-1' }, false)
 * ```
 */
export function createClient(sdkKey: string, options: ClientOptions = {}): FlagClient {
  return openClient(sdkKey, options)
}

/** Creates a client as {@link createClient} does. `besides` are the names of further options, which the caller reads. */
export function openClient(
  sdkKey: string,
  options: ClientOptions,
  besides: readonly string[] = [],
): FlagClient {
  const split = readingOptions({ options }, () => splitOptions(options))
  if (split.issues.length > 0)
    throw new ConfigError([...otherIssues(sdkKey, split, besides), ...split.issues])
  const { offline } = split
  const settings = settingsOf(sdkKey, split, besides)
  const { logger, identity } = settings
  for (const warning of split.warnings) logger.warn(warning)
  const plugins = new Plugins(split.plugins, environmentMetadata(sdkKey, identity), logger)
  const hooks = [...split.hooks, ...plugins.hooks()]
  const members = offline ? undefined : split.bigSegments
  const store = members && openBigSegmentStore(members.store, settings)
  const patterns = new Patterns(logger)
  const analytics = offline ? undefined : startAnalytics(settings)
  const dataSystem = startDataSystem(settings, {
    prepare: patterns.prepare,
    ...(analytics && { onStreamAttempt: analytics.noteStreamInit }),
  })
  analytics?.startDiagnostics()
  const bigSegments = store && members && new BigSegments({ ...settings, store, settings: members })
  const overrides =
    split.overrides && new Overrides({ ...settings, options: split.overrides, prepare: patterns.prepare })
  const parts = { hooks, offline, dataSystem, bigSegments, overrides, patterns, analytics }
  const client = assembleClient({ ...settings, sdkKey, ...parts })
  plugins.register(client)
  return client
}

function settingsOf(
  sdkKey: string | undefined,
  { offline, dataSystem, rest }: SplitOptions,
  besides: readonly string[],
): Settings {
  const names = { unknown: 'refuse', besides: [...CLIENT_OPTIONS, ...besides] } as const
  // An offline client sends no request and needs no key.
  const key = offline ? sdkKey || 'offline' : sdkKey
  const plan = offline ? presets.offline() : dataSystem
  return normalise(key as string, plan, rest, { environment: process.env, names, user: 'client' })
}

/** Returns the problems of all other options, so that one error lists everything. */
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
