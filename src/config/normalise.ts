import { systemClock } from '../async/clock.ts'
import { DEFAULT_TIMINGS, type Timings } from '../datasystem/timings.ts'
import { ConfigError, type ConfigIssue } from '../model/errors.ts'
import type { Logger } from '../model/logger.ts'
import type { DataSystemConfig, FailoverConfig, Options } from './config.ts'
import { consoleLogger } from './console-logger.ts'
import { configIssues, unknownKeys } from './issues.ts'
import { lenient, strict } from './schema.ts'

/** Options with nothing left to ask: every default filled in. */
export interface Settings extends Required<Omit<Options, 'transport' | 'timings' | 'endpoints' | 'limits'>> {
  readonly sdkKey: string
  readonly dataSystem: DataSystemConfig
  readonly endpoints: Required<NonNullable<Options['endpoints']>>
  readonly limits: Required<NonNullable<Options['limits']>>
  readonly timings: Timings
  readonly transport: Options['transport']
}

/** A source that is left any sooner never gets to speak. */
const MIN_FAILOVER_MS = 1_000

/** Printable and without spaces, as a header takes it. */
const SDK_KEY = /^[\x21-\x7e]+$/

/**
 * Checks everything a caller may hand in and fills in what is missing.
 *
 * @throws {ConfigError} listing every path that is wrong. Unknown keys are only warned of.
 */
export function normalise(sdkKey: string, dataSystem: DataSystemConfig, options: Options): Settings {
  const config = lenient.dataSystem.safeParse(dataSystem)
  const rest = lenient.options.safeParse(options)
  const issues: ConfigIssue[] = [
    ...(typeof sdkKey === 'string' && SDK_KEY.test(sdkKey) ? [] : [badSdkKey(sdkKey)]),
    ...(config.success ? [] : configIssues('dataSystem', dataSystem, config.error)),
    ...(rest.success ? [] : configIssues('options', options, rest.error)),
  ]
  if (issues.length > 0) throw new ConfigError(issues)

  const given = rest.data as Options
  const dataSystemConfig = config.data as DataSystemConfig
  const logger = given.logger ?? consoleLogger
  for (const path of [
    ...unknownKeys('dataSystem', strict.dataSystem.safeParse(dataSystem).error),
    ...unknownKeys('options', strict.options.safeParse(options).error),
  ]) {
    logger.warn(`${path} is not an option; ignored`)
  }
  return {
    sdkKey,
    dataSystem: dataSystemConfig,
    endpoints: {
      polling: 'https://sdk.launchdarkly.com',
      streaming: 'https://stream.launchdarkly.com',
      ...given.endpoints,
    },
    limits: { maxBodyBytes: 512 * 2 ** 20, maxEventBytes: 256 * 2 ** 20, ...given.limits },
    timings: { ...DEFAULT_TIMINGS, ...raised(dataSystemConfig.failover, logger), ...given.timings },
    logger,
    transport: given.transport,
    clock: given.clock ?? systemClock,
    random: given.random ?? Math.random,
  }
}

/** Durations below the minimum are raised to it, with a warning. */
function raised(failover: FailoverConfig = {}, logger: Logger): Partial<Timings> {
  const entries = Object.entries(failover).map(([name, ms]: [string, number]) => {
    if (ms < MIN_FAILOVER_MS)
      logger.warn(`failover.${name} ${ms} is below the minimum; ${MIN_FAILOVER_MS} is used`)
    return [name, Math.max(MIN_FAILOVER_MS, ms)] as const
  })
  return Object.fromEntries(entries)
}

function badSdkKey(sdkKey: unknown): ConfigIssue {
  return {
    path: 'sdkKey',
    expected: 'a non-empty string of printable characters',
    received:
      typeof sdkKey === 'string' && sdkKey === '' ? 'an empty string' : `a ${typeof sdkKey} that is not`,
  }
}
