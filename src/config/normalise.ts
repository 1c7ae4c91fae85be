import { systemClock } from '../async/clock.ts'
import { DEFAULT_TIMINGS, type Timings } from '../datasystem/timings.ts'
import { ConfigError, type ConfigIssue } from '../model/errors.ts'
import type { DataSystemConfig, Options } from './config.ts'
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
  const logger = given.logger ?? consoleLogger
  for (const path of [
    ...unknownKeys('dataSystem', strict.dataSystem.safeParse(dataSystem).error),
    ...unknownKeys('options', strict.options.safeParse(options).error),
  ]) {
    logger.warn(`${path} is not an option; ignored`)
  }
  return {
    sdkKey,
    dataSystem: config.data as DataSystemConfig,
    endpoints: {
      polling: 'https://sdk.launchdarkly.com',
      streaming: 'https://stream.launchdarkly.com',
      ...given.endpoints,
    },
    limits: { maxBodyBytes: 512 * 2 ** 20, maxEventBytes: 256 * 2 ** 20, ...given.limits },
    timings: { ...DEFAULT_TIMINGS, ...given.timings },
    logger,
    transport: given.transport,
    clock: given.clock ?? systemClock,
    random: given.random ?? Math.random,
  }
}

function badSdkKey(sdkKey: unknown): ConfigIssue {
  return {
    path: 'sdkKey',
    expected: 'a non-empty string of printable characters',
    received:
      typeof sdkKey === 'string' && sdkKey === '' ? 'an empty string' : `a ${typeof sdkKey} that is not`,
  }
}
