import { isIPv6 } from 'node:net'
import type { SecureVersion } from 'node:tls'
import { sdkKeyFault } from '../../model/sdk-key.ts'
import { addressFault, readAddress } from '../../store/consul/options.ts'
import { baseUrlFault } from '../../transport/base-url.ts'
import { isProxyUrl } from '../../transport/proxy.ts'
import { parseDuration } from './duration.ts'
import type { LogFormat, LogLevel, ReadyRequirement } from './relay-config.ts'

/** What a value must look like, whether it was written in a file, in a variable or in a program. */
export interface Form<T> {
  /** Reads on from "expected". */
  readonly expected: string
  /** What is expected of the part of this value that is wrong, where more than one part can be. */
  readonly explain?: (value: unknown) => string | undefined
  /** The value in the one form everybody else uses; `undefined` where it is wrong. */
  readonly read: (value: unknown) => T | undefined
  /** Describes a value that is wrong without repeating it. Default: its type. */
  readonly describe?: (value: unknown) => string | undefined
  /** Where a number is expected, one that is wrong may be repeated. Nothing else is: there could be a secret in it. */
  readonly isNumber?: true
}

const ON: ReadonlySet<unknown> = new Set([true, '1', 'true', 'yes', 'on'])
const OFF: ReadonlySet<unknown> = new Set([false, '0', 'false', 'no', 'off'])

export const boolean: Form<boolean> = {
  expected: 'true or false (or 1, yes, on; 0, no, off)',
  isNumber: true,
  read(value) {
    const word = lower(value)
    return ON.has(word) ? true : OFF.has(word) ? false : undefined
  },
}

export const text: Form<string> = { expected: 'a text that is not empty', read: nonEmpty }

/** A login. Files of secrets often end with a line break, which no login does. */
export const secret: Form<string> = {
  expected: 'a text that is not empty and does not end with a line break (files often end with one)',
  read: (value) => matching(value, /[^\r\n]$/),
}

/** A key or token that is sent in a header. The HTTP client would refuse a line break in it with an error that repeats it. */
export const credential: Form<string> = {
  expected: 'a key or token of printable characters, without spaces and line breaks',
  read: (value) => matching(value, /^[\x21-\x7e]+$/),
}

export const sdkKey: Form<string> = {
  expected: 'an SDK key',
  describe: sdkKeyFault,
  read: (value) => (sdkKeyFault(value) === undefined ? (value as string) : undefined),
}

export const table: Form<string> = {
  expected: 'the name of a table, or its ARN',
  read: (value) => matching(value, /^[\w.:/-]+$/),
}

/** With `$CID` in it, a table of its own for each environment. */
export const tableOfEach: Form<string> = {
  expected: 'the name of a table, or its ARN, with $CID where the id of an environment goes',
  read: (value) => matching(value, /^(?:[\w.:/-]|\$CID)+$/),
}

export const port: Form<number> = {
  expected: 'a port, 0 (any) to 65535',
  isNumber: true,
  read: (value) => portOf(value, 0),
}

/** In a program also `Infinity`, which is what a configuration says where there is no limit. */
export const count: Form<number> = {
  expected: 'a whole number that is not negative',
  isNumber: true,
  read(value) {
    if (value === Infinity) return value
    const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value
    return Number.isSafeInteger(number) && (number as number) >= 0 ? (number as number) : undefined
  },
}

export const logLevel: Form<LogLevel> = {
  expected: 'debug, info, warn, error or none',
  read: (value) => LOG_LEVELS.find((level) => level === lower(value)),
}
const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'none']

export const logFormat: Form<LogFormat> = {
  expected: 'text or json',
  read: (value) => (['text', 'json'] as const).find((format) => format === lower(value)),
}

const REQUIREMENTS: readonly ReadyRequirement[] = ['data', 'upstream', 'store']

/** In a file or a variable separated by commas; `none` for nothing. */
export const readyRequirements: Form<readonly ReadyRequirement[]> = {
  expected: 'data, upstream and store, or some of them, or none',
  read(value) {
    const list: unknown = typeof value === 'string' ? wordsOf(value) : value
    if (!Array.isArray(list)) return undefined
    const known = REQUIREMENTS.filter((requirement) => list.includes(requirement))
    return list.every((word) => known.includes(word as ReadyRequirement)) ? known : undefined
  },
}

function wordsOf(text: string): readonly string[] {
  const words = text.split(',').map((word) => word.trim().toLowerCase())
  return words.length === 1 && words[0] === 'none' ? [] : words
}

const EXAMPLES = 'such as 30s, 1m30s or 500ms (a number needs a unit)'

/** Milliseconds, in a program as a number. */
export const duration: Form<number> = {
  expected: `a duration that is not negative, ${EXAMPLES}`,
  isNumber: true,
  read: (value) => atLeast(0, value),
}

export const positiveDuration: Form<number> = {
  expected: `a duration of at least 1ms, ${EXAMPLES}`,
  isNumber: true,
  read: (value) => atLeast(1, value),
}

/** How often a file is looked at. */
export const monitoringInterval: Form<number> = {
  expected: `a duration of at least 100ms, ${EXAMPLES}`,
  isNumber: true,
  read: (value) => atLeast(100, value),
}

/** Negative: for good. */
export const timeToLive: Form<number> = {
  expected: `a duration, ${EXAMPLES}; 0 for no cache, -1s for one that never expires`,
  isNumber: true,
  read(value) {
    const ms = value === Infinity ? value : millisecondsOf(value)
    return ms !== undefined && ms < 0 ? Infinity : ms
  },
}

export const tlsVersion: Form<SecureVersion> = {
  expected: '1.0, 1.1, 1.2 or 1.3',
  isNumber: true,
  read: (value) => TLS_VERSIONS.get(value),
}
const TLS_VERSIONS: ReadonlyMap<unknown, SecureVersion> = new Map(
  (['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const).flatMap((name) => [
    [name, name],
    [name === 'TLSv1' ? '1.0' : name.slice('TLSv'.length), name],
  ]),
)

export const httpUrl: Form<string> = {
  expected: 'an http or https URL without user, password, query and fragment',
  explain: baseUrlFault,
  read: (value) =>
    typeof value === 'string' && /^https?:\/\//i.test(value) ? readAddress(value, 'https') : undefined,
}

export const proxyUrl: Form<URL> = {
  expected: 'the http or https URL of a proxy, without query and fragment',
  read: (value) => (typeof value === 'string' && isProxyUrl(value) ? new URL(value) : undefined),
}

/** With a port, 8500 unless it says otherwise. */
export const consulAddress: Form<string> = {
  expected: 'host:port, or an http or https URL without user, password, query and fragment',
  explain(value) {
    const fault = addressFault(value)
    return fault && `host:port, or ${fault}`
  },
  read(value) {
    const given = nonEmpty(value)
    if (given === undefined) return undefined
    const isBare = !given.includes('://')
    return readAddress(isBare && !/:\d+$/.test(given) ? `${given}:8500` : given, 'http')
  },
}

export const host: Form<string> = {
  expected: 'the name or address of a host, without a port',
  read(value) {
    const name = matching(value, /^[^\s/?#@\\"<>^`{|}%]+$/)?.replace(/^\[(.*)\]$/, '$1')
    // A colon is of an address of version 6, or else before a port, which has its own place.
    return name?.includes(':') && !isIPv6(name) ? undefined : name
  },
}

/** In a variable separated by commas. */
export const paths: Form<readonly string[]> = {
  expected: 'paths of files',
  read(value) {
    const list: unknown = typeof value === 'string' ? value.split(',').map((path) => path.trim()) : value
    return Array.isArray(list) && list.every((path) => nonEmpty(path)) ? (list as string[]) : undefined
  },
}

function nonEmpty(value: unknown): string | undefined {
  return matching(value, /./s)
}

function matching(value: unknown, pattern: RegExp): string | undefined {
  return typeof value === 'string' && pattern.test(value) ? value : undefined
}

function lower(value: unknown): unknown {
  return typeof value === 'string' ? value.toLowerCase() : value
}

/** Returns the number of a port from `lowest` on, written as a number or as digits; `undefined` for anything else. */
export function portOf(value: unknown, lowest: number): number | undefined {
  const number = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isInteger(number)) return undefined
  return number >= lowest && number <= 65_535 ? number : undefined
}

function millisecondsOf(value: unknown): number | undefined {
  if (typeof value === 'string') return parseDuration(value)
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

function atLeast(lowestMs: number, value: unknown): number | undefined {
  const ms = millisecondsOf(value)
  return ms !== undefined && ms >= lowestMs ? ms : undefined
}
