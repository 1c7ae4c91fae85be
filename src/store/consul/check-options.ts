import type { z } from 'zod'
import type { ConfigIssue } from '../../model/errors.ts'
import { optionsSchema } from './options-schema.ts'

const ROOT = 'consulStore'

/** Of these the second says in another way what the first says. */
const SAME: readonly (readonly [string, string])[] = [
  ['url', 'host'],
  ['url', 'port'],
  ['url', 'consulOptions.host'],
  ['url', 'consulOptions.port'],
  ['host', 'consulOptions.host'],
  ['port', 'consulOptions.port'],
  ['token', 'consulOptions.defaults.token'],
  ['tls', 'consulOptions.ca'],
  ['cacheTtlMs', 'cacheTTL'],
]

/** Everything that is wrong with options, and what to warn of. Repeats no value that may be a secret. */
export function checkOptions(options: unknown): {
  readonly issues: readonly ConfigIssue[]
  readonly warnings: readonly string[]
} {
  const found = optionsSchema.safeParse(options, { jitless: true }).error?.issues ?? []
  const unknown = found.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => nameOf([...issue.path, key])) : [],
  )
  return {
    issues: [...found.flatMap((issue) => toIssue(options, issue)), ...contradictions(options)],
    warnings: unknown.map((name) => `${name} is not an option; ignored`),
  }
}

function toIssue(options: unknown, { code, path, message }: z.core.$ZodIssue): ConfigIssue[] {
  if (code === 'unrecognized_keys') return []
  return [{ path: nameOf(path), expected: message, received: describe(valueAt(options, path)) }]
}

function contradictions(options: unknown): ConfigIssue[] {
  const given = (name: string): unknown => valueAt(options, name.split('.'))
  return SAME.filter((names) => names.every((name) => given(name) !== undefined)).map(([one, other]) => ({
    path: `${ROOT}.${other}`,
    expected: `nothing beside ${one}`,
    received: describe(given(other)),
  }))
}

function valueAt(options: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[key],
    options,
  )
}

function nameOf(path: readonly PropertyKey[]): string {
  return [ROOT, ...path.map(String)].join('.')
}

/** A type, and the value only where it cannot hold a secret. */
function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'array'
  return typeof value === 'number' || typeof value === 'boolean' ? `${typeof value} ${value}` : typeof value
}
