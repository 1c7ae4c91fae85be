import { z } from 'zod'
import { STRICT } from '../model/object-schemas.ts'
import type { StoreUse } from '../model/persistent-store.ts'
import type { TlsOptions } from '../transport/tls.ts'

// What single options must be like. Each message says what is expected, and nothing about what was received.

export const text: z.ZodType = textThat((value) => value !== '', 'a string that is not empty')
/** A login. Files of secrets often end with a line break, which no login does. */
export const secret: z.ZodType = textThat(
  (value) => value !== '' && !/[\r\n]$/.test(value),
  'a string that is not empty and does not end with a line break (files often end with one)',
)
export const yesOrNo: z.ZodType = z.boolean('a boolean')
export const finite: z.ZodType = z.number('a finite number')
export const duration: z.ZodType = z.custom(
  (value) => typeof value === 'number' && value >= 0,
  'a number that is not negative, or Infinity',
)
/** A credential has no place in it: it is logged. */
export const host: z.ZodType = textThat(
  (value) => /^[^\s/?#@]+$/.test(value),
  'the name or address of a host',
)
export const port: z.ZodType = z.custom(isPort, 'the number of a port')

export function textThat(fits: (value: string) => boolean, expected: string): z.ZodType {
  return z.custom((value) => typeof value === 'string' && fits(value), expected)
}

export function oneOf(...words: readonly string[]): z.ZodType {
  return z.literal([...words], words.map((word) => JSON.stringify(word)).join(' or '))
}

export function isPort(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) < 65_536
}

type Members = Readonly<Record<string, z.ZodType>>

/** Returns the schema of an object with these members and maybe those. Other members are reported as unknown names. */
export function group(optional: Members, required: Members = {}): z.ZodObject {
  return STRICT.own({ ...required, ...z.object(optional).partial().shape })
}

/** Returns the schema of an object that other software also reads: further members are allowed. */
export function sharedGroup(optional: Members): z.ZodObject {
  return STRICT.shared(z.object(optional).partial().shape)
}

/** What a number is kept within. */
export interface Limits {
  readonly least?: number
  readonly most?: number
}

/** The number, or the limit it is beyond. */
export function withinLimits(value: number, { least = -Infinity, most = Infinity }: Limits): number {
  return Math.min(most, Math.max(least, value))
}

/** Says which limit is used in place of a number, if one is. */
export function limitWarning(path: string, value: unknown, limits: Limits): readonly string[] {
  if (typeof value !== 'number') return []
  const kept = withinLimits(value, limits)
  if (kept === value) return []
  return [`${path} ${value} is ${kept > value ? 'below the minimum' : 'above the maximum'}; ${kept} is used`]
}

/** What the members of {@link StoreUse} must be like. */
export const useForms: Readonly<Record<keyof StoreUse, z.ZodType>> = {
  cacheTtlMs: duration,
  staleOnErrorMs: duration,
  reads: oneOf('lazy', 'snapshot'),
  resumeTimeoutMs: duration,
  writers: oneOf('all', 'one'),
}

/** Two names of one thing: `cacheTTL` counts in seconds, as LaunchDarkly's SDKs for Node.js have it. */
export const CACHE_RIVALS: readonly string[] = ['cacheTtlMs', 'cacheTTL']

/** That part of options which says how a store is used, and nothing that was not said. */
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

const pem = z.custom(isPem, 'text in PEM (not the path of a file)')

/** Whom to trust. */
export const authorities: z.ZodType = z.custom(
  (value) => (Array.isArray(value) ? value.every(isPem) : isPem(value)),
  'text in PEM (not the path of a file), or a list of such',
)

/** What {@link TlsOptions} must be like. */
export const tlsForm: z.ZodType = group({
  ca: authorities,
  cert: pem,
  key: pem,
  passphrase: z.string('a string'),
  servername: text,
  verify: oneOf('always', 'never'),
}).refine(({ cert, key }) => (cert === undefined) === (key === undefined), 'cert and key together')

/** Says what is dangerous. */
export function tlsWarnings(root: string, tls: TlsOptions | undefined): readonly string[] {
  if (tls?.verify !== 'never') return []
  return [
    `${root}.tls.verify is "never": certificates are NOT verified. Whoever is on the path can read what the database is ` +
      'opened with and change every flag. Give the authority as tls.ca instead',
  ]
}

function isPem(value: unknown): boolean {
  return (typeof value === 'string' || Buffer.isBuffer(value)) && value.includes('-----BEGIN')
}
