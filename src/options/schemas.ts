import type { StoreUse } from '../model/persistent-store.ts'
import { baseUrlFault } from '../transport/base-url.ts'
import type { TlsOptions } from '../transport/tls.ts'
import {
  type Members,
  oneOf,
  optional,
  ownObject,
  restricted,
  type Schema,
  sharedObject,
  string,
  valueThat,
} from './value-schema.ts'

// Schemas of single options. Each message completes "expected …" and describes nothing that was received.

export const text: Schema = textThat((value) => value !== '', 'a string that is not empty')
/** A password or token. Files that hold secrets often end with a line break, which no secret does. */
export const secret: Schema = textThat(
  (value) => value !== '' && !/[\r\n]$/.test(value),
  'a string that is not empty and does not end with a line break (files often end with one)',
)
export const finite: Schema = valueThat(Number.isFinite, 'a finite number')
export const duration: Schema = valueThat(
  (value) => typeof value === 'number' && value >= 0,
  'a number that is not negative, or Infinity',
)
/** A host without a credential, because hosts are logged. */
export const host: Schema = textThat((value) => /^[^\s/?#@]+$/.test(value), 'the name or address of a host')
export const port: Schema = valueThat(isPort, 'the number of a port')
export const baseUrl: Schema<string> = restricted(
  string,
  (value) => baseUrlFault(value) === undefined,
  (value) => baseUrlFault(value) ?? '',
)
export const aFunction: Schema = valueThat((value) => typeof value === 'function', 'a function')

export function implementing(...methods: readonly string[]): Schema {
  return valueThat(
    (value) => methods.every((name) => hasMethod(value, name)),
    `an object with the methods ${methods.join(', ')}`,
  )
}

export function hasMethod(value: unknown, name: string): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Readonly<Record<string, unknown>>)[name] === 'function'
  )
}

export function textThat(fits: (value: string) => boolean, expected: string): Schema {
  return valueThat((value) => typeof value === 'string' && fits(value), expected)
}

export function isPort(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) < 65_536
}

/** Returns the schema of an object with these optional and required members. Any other member is an unknown name. */
export function group(members: Members, required: Members = {}): Schema<Readonly<Record<string, unknown>>> {
  return ownObject({ ...required, ...optionalMembers(members) })
}

/** Returns the schema of an object that other software also reads, which may have further members. All are optional. */
export function sharedGroup(members: Members): Schema {
  return sharedObject(optionalMembers(members))
}

function optionalMembers(members: Members): Members {
  return Object.fromEntries(Object.entries(members).map(([name, schema]) => [name, optional(schema)]))
}

export interface Limits {
  readonly least?: number
  readonly most?: number
}

export function withinLimits(value: number, { least = -Infinity, most = Infinity }: Limits): number {
  return Math.min(most, Math.max(least, value))
}

export function limitWarning(path: string, value: unknown, limits: Limits): readonly string[] {
  if (typeof value !== 'number') return []
  const used = withinLimits(value, limits)
  if (used === value) return []
  return [`${path} ${value} is ${used > value ? 'below the minimum' : 'above the maximum'}; ${used} is used`]
}

export const storeUseSchemas: Readonly<Record<keyof StoreUse, Schema>> = {
  cacheTtlMs: duration,
  staleOnErrorMs: duration,
  reads: oneOf('lazy', 'snapshot'),
  resumeTimeoutMs: duration,
  writers: oneOf('all', 'one'),
}

/** Two names of one option: `cacheTTL` is in seconds, as in LaunchDarkly's SDKs for Node.js. */
export const CACHE_TTL_NAMES: readonly string[] = ['cacheTtlMs', 'cacheTTL']

export function readUse(options: StoreUse & { readonly cacheTTL?: number }): StoreUse {
  const { cacheTTL, staleOnErrorMs, reads, resumeTimeoutMs, writers } = options
  const cacheTtlMs = options.cacheTtlMs ?? (cacheTTL === undefined ? undefined : cacheTTL * 1_000)
  return {
    ...(cacheTtlMs !== undefined && { cacheTtlMs }),
    ...(staleOnErrorMs !== undefined && { staleOnErrorMs }),
    ...(reads && { reads }),
    ...(resumeTimeoutMs !== undefined && { resumeTimeoutMs }),
    ...(writers && { writers }),
  }
}

/** Returns a warning for each option about the use of flags, which has no effect on a store of big segments. */
export function useWarnings(root: string, options: object): readonly string[] {
  const given: Readonly<Record<string, unknown>> = { ...options }
  return [...Object.keys(storeUseSchemas), 'cacheTTL', 'feedIntervalMs']
    .filter((name) => given[name] !== undefined)
    .map(
      (name) =>
        `${root}.${name} has no effect: the option bigSegments of the client has the cache of big segments`,
    )
}

const PEM = 'text in PEM (not the path of a file)'

export function isPem(value: unknown): boolean {
  return (typeof value === 'string' || Buffer.isBuffer(value)) && value.includes('-----BEGIN')
}

export function oneOrMore(fits: (value: unknown) => boolean, expected: string): Schema {
  return valueThat((value) => (Array.isArray(value) ? value.every(fits) : fits(value)), expected)
}

export const authorities: Schema = oneOrMore(isPem, `${PEM}, or a list of such`)

export const tlsSchema: Schema = restricted(
  group({
    ca: authorities,
    cert: valueThat(isPem, PEM),
    key: valueThat(isPem, PEM),
    passphrase: string,
    servername: text,
    verify: oneOf('always', 'never'),
  }),
  ({ cert, key }) => (cert === undefined) === (key === undefined),
  'cert and key together',
)

export function tlsWarnings(root: string, tls: TlsOptions | undefined): readonly string[] {
  return tls?.verify === 'never' ? [unverified(`${root}.tls`, 'the credentials of the database')] : []
}

/** Returns the warning about TLS without verification. `exposed` names what an attacker could read. */
export function unverified(tlsPath: string, exposed: string): string {
  return (
    `${tlsPath}.verify is "never": certificates are NOT verified. An attacker on the network path can read ${exposed} and ` +
    'change every flag. Give the certificate of the authority as tls.ca instead'
  )
}
