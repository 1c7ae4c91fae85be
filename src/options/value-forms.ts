import { isIPv6 } from 'node:net'
import type { SecureVersion } from 'node:tls'
import { sdkKeyFault } from '../model/sdk-key.ts'
import { baseUrlFault, readAddress } from '../transport/base-url.ts'
import { isProxyUrl } from '../transport/proxy.ts'
import { parseDuration } from './duration.ts'

/** The least serious messages that are logged. `none`: no messages. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'none'

/** `text`: lines to read. `json`: one object per line, in the format of pino. */
export type LogFormat = 'text' | 'json'

/**
 * A condition for `/readyz`. `data`: the environment has data to serve. `upstream`: its connection was not interrupted for
 * longer than `disconnectedStatusMs`. `store`: the database answers and has no writes pending.
 */
export type ReadyRequirement = 'data' | 'upstream' | 'store'

/** The form of a value, whether a file, a variable or a program sets it. */
export interface Form<T> {
  /** The expected value, as the continuation of "expected". */
  readonly expected: string
  /** The TypeScript type of the value in the typed configuration. */
  readonly type: string
  /** Returns the value as the program uses it, or `undefined` if it has the wrong form. */
  readonly read: (value: unknown) => T | undefined
  /** Returns a more exact description than `expected` for a wrong value, or `undefined`. */
  readonly explain?: (value: unknown) => string | undefined
  /** Returns a description of a wrong value that does not repeat it. Default: its type. */
  readonly describe?: (value: unknown) => string | undefined
  /** If set, errors may repeat a short number. They repeat nothing else, because it could be a secret. */
  readonly isNumber?: true
  readonly unit?: 'milliseconds' | 'items' | 'bytes'
  /** If set, the value names files or folders that must be accessible when the relay starts. */
  readonly onDisk?: 'file' | 'folder'
}

const ON: ReadonlySet<unknown> = new Set([true, '1', 'true', 'yes', 'on'])
const OFF: ReadonlySet<unknown> = new Set([false, '0', 'false', 'no', 'off'])

export const boolean: Form<boolean> = {
  expected: 'true or false (or 1, yes, on; 0, no, off)',
  type: 'boolean',
  isNumber: true,
  read(value) {
    const word = lower(value)
    return ON.has(word) ? true : OFF.has(word) ? false : undefined
  },
}

export const text: Form<string> = { expected: 'a non-empty string', type: 'string', read: nonEmpty }

export const file: Form<string> = { ...text, onDisk: 'file' }
export const folder: Form<string> = { ...text, onDisk: 'folder' }

/** Several files. A variable separates them by commas. */
export const files: Form<readonly string[]> = {
  expected: 'paths of files',
  type: 'readonly string[]',
  onDisk: 'file',
  read: pathsOf,
}

/** A user name or password. Secrets mounted as files often end with a line break, which no login does. */
export const secret: Form<string> = {
  expected: 'a non-empty string that does not end with a line break (files often end with one)',
  type: 'string',
  read: (value) => matching(value, /[^\r\n]$/),
}

/** A key or token sent in a header. Without this check the HTTP client would reject a line break and print the secret. */
export const credential: Form<string> = {
  expected: 'a key or token of printable characters, without spaces and line breaks',
  type: 'string',
  read: (value) => matching(value, /^[\x21-\x7e]+$/),
}

export const sdkKey: Form<string> = {
  expected: 'an SDK key',
  type: 'string',
  describe: sdkKeyFault,
  read: (value) => (sdkKeyFault(value) === undefined ? (value as string) : undefined),
}

export const table: Form<string> = {
  expected: 'the name or ARN of a table',
  type: 'string',
  read: (value) => matching(value, /^[\w.:/-]+$/),
}

/** A table per environment: `$CID` stands for the id of the environment. */
export const tableTemplate: Form<string> = {
  expected: 'the name or ARN of a table, with $CID in place of the environment id',
  type: 'string',
  read: (value) => matching(value, /^(?:[\w.:/-]|\$CID)+$/),
}

export const port: Form<number> = {
  expected: 'a port, 0 (any) to 65535',
  type: 'number',
  isNumber: true,
  read: (value) => portOf(value, 0),
}

/** A whole number. A program may also pass `Infinity`, which a typed configuration contains if there is no limit. */
export const count: Form<number> = {
  expected: 'a whole number that is not negative',
  type: 'number',
  isNumber: true,
  unit: 'items',
  read(value) {
    if (value === Infinity) return value
    const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value
    return Number.isSafeInteger(number) && (number as number) >= 0 ? (number as number) : undefined
  },
}

export const logLevel: Form<LogLevel> = oneOf(['debug', 'info', 'warn', 'error', 'none'], 'LogLevel')
export const logFormat: Form<LogFormat> = oneOf(['text', 'json'], 'LogFormat')

/** Accepts the words in upper and lower case. `type` is the name of the union of the words. */
function oneOf<W extends string>(words: readonly W[], type: string): Form<W> {
  const last = words.at(-1) ?? ''
  return {
    expected: `${words.slice(0, -1).join(', ')} or ${last}`,
    type,
    read: (value) => words.find((word) => word === lower(value)),
  }
}

const REQUIREMENTS: readonly ReadyRequirement[] = ['data', 'upstream', 'store']

/** Files and variables separate the requirements by commas, or have `none`. */
export const readyRequirements: Form<readonly ReadyRequirement[]> = {
  expected: 'a list of data, upstream and store, or none',
  type: 'readonly ReadyRequirement[]',
  read(value) {
    const list: unknown = typeof value === 'string' ? wordsOf(value) : value
    if (!Array.isArray(list)) return undefined
    const known = REQUIREMENTS.filter((requirement) => list.includes(requirement))
    return list.every((word) => known.includes(word as ReadyRequirement)) ? known : undefined
  },
}

function wordsOf(list: string): readonly string[] {
  const words = list.split(',').map((word) => word.trim().toLowerCase())
  return words.length === 1 && words[0] === 'none' ? [] : words
}

const EXAMPLES = 'such as 30s, 1m30s or 500ms (a number needs a unit)'

/** A time in milliseconds. A program passes a number. */
export const duration: Form<number> = durationFrom(0, 'a duration that is not negative')
export const positiveDuration: Form<number> = durationFrom(1, 'a duration of at least 1ms')
export const watchInterval: Form<number> = durationFrom(100, 'a duration of at least 100ms')
export const secondsInterval: Form<number> = durationFrom(1_000, 'a duration of at least 1s')

function durationFrom(lowestMs: number, expected: string): Form<number> {
  return {
    expected: `${expected}, ${EXAMPLES}`,
    type: 'number',
    isNumber: true,
    unit: 'milliseconds',
    read(value) {
      const ms = millisecondsOf(value)
      return ms !== undefined && ms >= lowestMs ? ms : undefined
    },
  }
}

/** The lifetime of a cache entry. A negative one never expires and is read as `Infinity`. */
export const timeToLive: Form<number> = {
  expected: `a duration, ${EXAMPLES}; 0 for no cache, -1s for one that never expires`,
  type: 'number',
  isNumber: true,
  unit: 'milliseconds',
  read(value) {
    const ms = value === Infinity ? value : millisecondsOf(value)
    return ms !== undefined && ms < 0 ? Infinity : ms
  },
}

const TLS_VERSIONS: ReadonlyMap<unknown, SecureVersion> = new Map(
  (['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const).flatMap((name) => [
    [name, name],
    [name === 'TLSv1' ? '1.0' : name.slice('TLSv'.length), name],
  ]),
)

export const tlsVersion: Form<SecureVersion> = {
  expected: '1.0, 1.1, 1.2 or 1.3',
  type: 'SecureVersion',
  isNumber: true,
  read: (value) => TLS_VERSIONS.get(value),
}

export const httpUrl: Form<string> = {
  expected: 'an http or https URL without user, password, query and fragment',
  type: 'string',
  explain: baseUrlFault,
  read: (value) =>
    typeof value === 'string' && /^https?:\/\//i.test(value) ? readAddress(value, 'https') : undefined,
}

export const proxyUrl: Form<string> = {
  expected: 'the http or https URL of a proxy, without query and fragment',
  type: 'string',
  read: (value) => (typeof value === 'string' && isProxyUrl(value) ? value : undefined),
}

export const host: Form<string> = {
  expected: 'a host name or address without a port',
  type: 'string',
  read(value) {
    const name = matching(value, /^[^\s/?#@\\"<>^`{|}%]+$/)?.replace(/^\[(.*)\]$/, '$1')
    // A colon belongs to an IPv6 address, or precedes a port, which has an option of its own.
    return name?.includes(':') && !isIPv6(name) ? undefined : name
  },
}

/** Returns a port of at least `lowest` from a number or from digits, or `undefined` for any other value. */
export function portOf(value: unknown, lowest: number): number | undefined {
  const number = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isInteger(number)) return undefined
  return number >= lowest && number <= 65_535 ? number : undefined
}

export function pathsOf(value: unknown): readonly string[] | undefined {
  const list: unknown = typeof value === 'string' ? value.split(',').map((path) => path.trim()) : value
  return Array.isArray(list) && list.every((path) => nonEmpty(path)) ? (list as string[]) : undefined
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

function millisecondsOf(value: unknown): number | undefined {
  if (typeof value === 'string') return parseDuration(value)
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}
