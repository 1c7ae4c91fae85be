import type { z } from 'zod'
import { ConfigError, type ConfigIssue } from '../model/errors.ts'

/** Collects the errors and warnings of a configuration, so that one {@link ConfigError} lists all errors. */
export class IssueCollector {
  readonly issues: ConfigIssue[] = []
  readonly warnings: string[] = []

  /** Adds an error. `received` must not contain a value that may be a secret; see {@link describeReceived}. */
  refuse(path: string, expected: string, received: string): void {
    this.issues.push({ path, expected, received })
  }

  warn(warning: string): void {
    this.warnings.push(warning)
  }

  error(): ConfigError {
    return new ConfigError(this.issues)
  }

  raise(): void {
    if (this.issues.length > 0) throw this.error()
  }
}

/** Parameters of every zod parse. `jitless`: options are parsed once, so compiling the schema would cost more than it saves. */
const PARSE_PARAMETERS: z.core.ParseContext<z.core.$ZodIssue> = { jitless: true, error: describeExpected }

/** Parses a value once. The message of each issue completes the sentence "expected …". */
export function parseOnce<T>(schema: z.ZodType<T>, input: unknown): z.ZodSafeParseResult<T> {
  return schema.safeParse(input, PARSE_PARAMETERS)
}

const TYPES: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'a whole number',
  string: 'a string',
  boolean: 'a boolean',
  object: 'an object',
  array: 'an array',
  function: 'a function',
}

function describeExpected(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.expected === 'number' && typeof issue.input === 'number') return 'a finite number'
      return TYPES[issue.expected] ?? issue.expected
    case 'invalid_value':
      return listOf(issue.values)
    case 'too_small':
      if (issue.origin === 'string') return 'a string that is not empty'
      if (issue.origin === 'array') return 'an array that is not empty'
      return issue.inclusive ? `at least ${issue.minimum}` : `more than ${issue.minimum}`
    case 'invalid_union':
      return 'options' in issue ? listOf(issue.options as readonly unknown[]) : undefined
    default:
      return undefined
  }
}

function listOf(values: readonly unknown[]): string {
  return values.map((value) => JSON.stringify(value)).join(' or ')
}

export function configIssues(root: string, input: unknown, error: z.ZodError): readonly ConfigIssue[] {
  return error.issues
    .filter(({ code }) => code !== 'unrecognized_keys')
    .map(({ path, message }) => ({
      path: printPath(root, path),
      expected: message,
      received: describeReceived(valueAt(input, path), path.at(-1)),
    }))
}

/** Names whose value is one of a few fixed words, so the error may repeat it. */
const DISCRIMINATORS: ReadonlySet<PropertyKey | undefined> = new Set(['type', 'dataSourceOptionsType'])

/** Describes a received value for an error. Repeats it only if it cannot be a secret. */
export function describeReceived(value: unknown, name?: PropertyKey): string {
  if (typeof value === 'string') {
    return DISCRIMINATORS.has(name) ? JSON.stringify(value.slice(0, 40)) : 'a string (value hidden)'
  }
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'number' || typeof value === 'boolean') return `${typeof value} ${value}`
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

export function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[key],
    input,
  )
}

/** Returns a path as code would write it, for example `options.hooks[0]`. */
export function printPath(root: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (printed, key) => printed + (typeof key === 'number' ? `[${key}]` : `.${String(key)}`),
    root,
  )
}
