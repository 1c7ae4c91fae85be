import type { WaitOptions } from '../datasystem/readiness.ts'
import { ConfigError } from '../model/errors.ts'
import type { Logger } from '../model/logger.ts'
import { nearMiss, unknownName } from '../model/near-miss.ts'
import { readingOptions } from '../model/readable.ts'
import type { DataAvailability } from '../model/status.ts'
import type { ClientWaitOptions } from './flag-client.ts'

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
