import {
  type BigSegmentsOptions,
  type BigSegmentsSettings,
  readBigSegmentsOptions,
} from '../big-segments/options.ts'
import type { ConnectionOptions, DataSystemConfig } from '../config/config.ts'
import type { DataSystemOptions } from '../config/data-system-options.ts'
import { FLAG_FILES } from '../config/source-types.ts'
import type { WaitOptions } from '../datasystem/readiness.ts'
import type { ConfigIssue } from '../model/errors.ts'
import type { Logger } from '../model/logger.ts'
import type { DataAvailability } from '../model/status.ts'
import { type OptionRules, parseOptions } from '../options/check.ts'
import { IssueCollector } from '../options/issues.ts'
import { readingOptions } from '../options/readable.ts'
import {
  listThat,
  number,
  oneOf,
  optional,
  ownObject,
  sharedObject,
  trueOrFalse,
  valueThat,
} from '../options/value-schema.ts'
import { MIN_INTERVAL_MS, type OverridesOptions } from '../overrides/overrides.ts'
import type { ClientWaitOptions } from './flag-client.ts'
import { type Hook, isHook } from './hooks.ts'
import { isPlugin, type Plugin } from './plugins.ts'

/**
 * The options of {@link createClient}: those below, and the options of a data system.
 *
 * @example
 * ```ts
 * const client = createClient(sdkKey, { dataSystem: presets.default(), logger: console })
 * ```
 */
export interface ClientOptions extends ConnectionOptions {
  /**
   * The sources of flag data: the result of a preset, a configuration of your own, or the object that LaunchDarkly
   * documents. Default: `presets.default()` if `dataSavingMode` is on, otherwise FDv1 as the legacy options configure it.
   */
  readonly dataSystem?: DataSystemConfig | DataSystemOptions
  /** Hooks that are called before and after each evaluation, and after each tracked event. Default: none. */
  readonly hooks?: readonly Hook[]
  /** The store with the members of big segments. Default: none, so that evaluations of big segments report `NOT_CONFIGURED`. */
  readonly bigSegments?: BigSegmentsOptions
  /** Plugins, which add hooks and receive the client. Default: none. */
  readonly plugins?: readonly Plugin[]
  /**
   * Flag files whose flags and segments take the place of those of the service, key by key, for local development. Evaluations
   * that use them make no analytics events. Default: none.
   */
  readonly overrides?: OverridesOptions
  /** Makes no connection; every evaluation returns the fallback value. Default false. */
  readonly offline?: boolean
}

/** The options of a client, separated into its own and those of its data system. */
export interface SplitOptions {
  readonly dataSystem: ClientOptions['dataSystem']
  readonly hooks: readonly Hook[]
  readonly bigSegments: BigSegmentsSettings | undefined
  readonly plugins: readonly Plugin[]
  readonly overrides: OverridesOptions | undefined
  readonly offline: boolean
  readonly rest: ConnectionOptions
  /** Problems of the client's own options. */
  readonly issues: readonly ConfigIssue[]
  readonly warnings: readonly string[]
}

/** Names of the client's own options. */
export const CLIENT_OPTIONS: readonly string[] = [
  'dataSystem',
  'hooks',
  'plugins',
  'bigSegments',
  'overrides',
  'offline',
]

const OWN = ownObject({
  hooks: optional(listThat(valueThat(isHook, 'an object with the method getMetadata'))),
  plugins: optional(listThat(valueThat(isPlugin, 'an object with the methods getMetadata and register'))),
  overrides: optional(ownObject({ ...FLAG_FILES, intervalMs: optional(number) })),
  offline: optional(trueOrFalse),
})

/** Separates and checks the client's own options. Options that are not an object become `rest`, for `normalise` to refuse. */
export function splitOptions(options: ClientOptions): SplitOptions {
  const { dataSystem, hooks, plugins, bigSegments, overrides, offline, ...rest }: ClientOptions =
    options ?? {}
  const collector = new IssueCollector()
  const valid =
    parseOptions<Pick<ClientOptions, 'hooks' | 'plugins' | 'overrides' | 'offline'>>(
      { hooks, plugins, overrides, offline },
      { root: 'options', schema: OWN, limits: { 'overrides.intervalMs': { least: MIN_INTERVAL_MS } } },
      collector,
    ) ?? {}
  return {
    dataSystem,
    hooks: valid.hooks ?? [],
    bigSegments: readBigSegmentsOptions(bigSegments, collector),
    plugins: valid.plugins ?? [],
    overrides: valid.overrides,
    offline: valid.offline ?? false,
    rest: typeof options === 'object' && options !== null ? rest : options,
    issues: collector.issues,
    warnings: collector.warnings,
  }
}

const milliseconds = valueThat((value) => typeof value === 'number' && value >= 0, 'a number of milliseconds')
const seconds = valueThat((value) => typeof value === 'number' && value >= 0, 'a number of seconds')

/** The official type may grow, so unknown names and wrong values are a warning. */
const WAIT: OptionRules<ClientWaitOptions> = {
  root: 'waitForInitialization',
  schema: sharedObject({
    timeoutMs: optional(milliseconds),
    timeout: optional(seconds),
    signal: optional(valueThat((value) => value instanceof AbortSignal, 'an AbortSignal')),
    minimum: optional(oneOf<DataAvailability>('defaults', 'cached', 'refreshed')),
  }),
  wrongValues: 'ignore',
}

/**
 * Returns the options of a wait for the data system. Logs a warning for each value of the wrong form and each unknown name,
 * and leaves them out.
 *
 * @throws {@link ConfigError} if an unknown name resembles a known one, or if an option cannot be read.
 */
export function readWaitOptions(options: ClientWaitOptions | undefined, logger: Logger): WaitOptions {
  return readingOptions({ [WAIT.root]: options }, () => {
    const collector = new IssueCollector()
    const { timeout, ...rest } = parseOptions<ClientWaitOptions>(options ?? {}, WAIT, collector) ?? {}
    collector.raise()
    for (const warning of collector.warnings) logger.warn(warning)
    // A `timeout` of 0 means no limit, as in the official SDK.
    return { ...(timeout && { timeoutMs: timeout * 1_000 }), ...rest }
  })
}
