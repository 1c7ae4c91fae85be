import { z } from 'zod'
import type { ConnectionOptions, DataSystemConfig } from '../config/config.ts'
import type { DataSystemOptions } from '../config/data-system-options.ts'
import type { WaitOptions } from '../datasystem/readiness.ts'
import { ConfigError, type ConfigIssue } from '../model/errors.ts'
import type { Logger } from '../model/logger.ts'
import { nearMiss, unknownName } from '../model/near-miss.ts'
import { readingOptions } from '../model/readable.ts'
import type { DataAvailability } from '../model/status.ts'
import { check } from '../options/check.ts'
import type { ClientWaitOptions } from './flag-client.ts'
import { type Hook, isHook } from './hooks.ts'

/** Everything a client can be told. */
export interface ClientOptions extends ConnectionOptions {
  /**
   * What a preset returns, a plan of your own, or the plain object LaunchDarkly documents. Default: FDv1, by the
   * legacy options; unless `dataSavingMode` is on, which means `presets.default()`.
   */
  readonly dataSystem?: DataSystemConfig | DataSystemOptions
  /** See evaluations begin and end. Default none. */
  readonly hooks?: readonly Hook[]
  /** Asks nobody for data: every evaluation returns the fallback value. Default false. */
  readonly offline?: boolean
}

/** Options of the client itself, and those it hands on. */
export interface SplitOptions {
  readonly dataSystem: ClientOptions['dataSystem']
  readonly hooks: readonly Hook[]
  readonly offline: boolean
  readonly rest: ConnectionOptions
  /** What is wrong with those of the client itself. */
  readonly issues: readonly ConfigIssue[]
}

/** Names of options that the client reads itself. */
export const CLIENT_OPTIONS: readonly string[] = ['dataSystem', 'hooks', 'offline']

const own = z.object({
  hooks: z.array(z.custom(isHook, { error: 'an object with the method getMetadata' })).optional(),
  offline: z.boolean().optional(),
})

/** Options that are no object at all are left for the configuration to refuse. */
export function splitOptions(options: ClientOptions): SplitOptions {
  const { dataSystem, hooks, offline, ...rest }: ClientOptions = options ?? {}
  const checked = check<Pick<ClientOptions, 'hooks' | 'offline'>>(
    { hooks, offline },
    { root: 'options', names: { unknown: 'refuse' }, strict: own, lenient: own },
  )
  const valid = 'value' in checked ? checked.value : {}
  return {
    dataSystem,
    hooks: valid.hooks ?? [],
    offline: valid.offline ?? false,
    rest: typeof options === 'object' && options !== null ? rest : options,
    issues: 'issues' in checked ? checked.issues : [],
  }
}

const AVAILABILITIES: readonly unknown[] = ['defaults', 'cached', 'refreshed'] satisfies DataAvailability[]

const KNOWN: readonly (keyof ClientWaitOptions)[] = ['timeoutMs', 'timeout', 'signal', 'minimum']

/**
 * Returns what a data system understands of the options. A value of the wrong form is left out with a warning, and so is an
 * unknown name, because the official type may grow.
 *
 * @throws {ConfigError} if an unknown name resembles a known one, or an option cannot be read.
 */
export function readWaitOptions(options: ClientWaitOptions | undefined, logger: Logger): WaitOptions {
  return readingOptions({ waitForInitialization: options }, () => readReadable(options, logger))
}

function readReadable(options: ClientWaitOptions | undefined, logger: Logger): WaitOptions {
  for (const name of Object.keys(options ?? {})) {
    if ((KNOWN as readonly string[]).includes(name)) continue
    const path = `waitForInitialization.${name}`
    if (nearMiss(name, KNOWN) !== undefined) throw new ConfigError([unknownName(path, name, KNOWN)])
    logger.warn(`${path} is not an option; ignored`)
  }
  const valid = <T>(name: keyof ClientWaitOptions, expected: string, fits: (value: T) => boolean): object => {
    const value = options?.[name]
    if (value === undefined) return {}
    if (fits(value as T)) return { [name]: value }
    logger.warn(`waitForInitialization: ${name} is not ${expected}; ignored`)
    return {}
  }
  const isDuration = (value: unknown): boolean => typeof value === 'number' && value >= 0
  const { timeout, ...rest }: ClientWaitOptions = {
    ...valid('timeoutMs', 'a number of milliseconds', isDuration),
    ...valid('timeout', 'a number of seconds', isDuration),
    ...valid('signal', 'an AbortSignal', (value) => value instanceof AbortSignal),
    ...valid('minimum', 'defaults, cached or refreshed', (value) => AVAILABILITIES.includes(value)),
  }
  // A `timeout` of 0 is no limit, as the official SDK has it.
  return { ...(timeout && { timeoutMs: timeout * 1_000 }), ...rest }
}
