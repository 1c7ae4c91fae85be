import type { z } from 'zod'
import type { ConfigIssue } from '../model/errors.ts'

/** Words of ours are expected here, so what stands here instead may be shown. */
const DISCRIMINATORS: ReadonlySet<PropertyKey | undefined> = new Set(['type', 'dataSourceOptionsType'])

/** Returns the problems that zod found as {@link ConfigIssue}s. Unknown names are handled elsewhere and left out. */
export function configIssues(root: string, input: unknown, error: z.ZodError): ConfigIssue[] {
  return error.issues
    .filter(({ code }) => code !== 'unrecognized_keys')
    .map((issue) => ({
      path: printPath(root, issue.path),
      expected: describeExpected(issue, valueAt(input, issue.path)),
      received: describeReceived(issue.path, valueAt(input, issue.path)),
    }))
}

function describeExpected(issue: z.core.$ZodIssue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'number' && typeof value === 'number' ? 'a finite number' : issue.expected
    case 'invalid_value':
      return anyOf(issue.values)
    case 'invalid_format':
      return issue.format === 'url' ? 'an http or https URL' : issue.format
    case 'too_small':
      if (issue.origin === 'string' || issue.origin === 'array') return `${issue.origin} that is not empty`
      return `at least ${issue.minimum}${issue.inclusive ? '' : ', exclusive'}`
    case 'invalid_union':
      if (!('options' in issue)) return issue.message
      return anyOf(issue.options)
    default:
      return issue.message
  }
}

function anyOf(values: readonly unknown[]): string {
  return values.map((value) => JSON.stringify(value)).join(' or ')
}

/** Names the type; shows a value only where it cannot hold a secret. */
export function describeReceived(path: readonly PropertyKey[], value: unknown): string {
  if (DISCRIMINATORS.has(path.at(-1)) && typeof value === 'string') return JSON.stringify(value.slice(0, 40))
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number' || typeof value === 'boolean') return `${typeof value} ${value}`
  return typeof value
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    input,
  )
}

/** Returns a path as it is written in code, for example `options.hooks[0]`. */
export function printPath(root: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (printed, key) => printed + (typeof key === 'number' ? `[${key}]` : `.${String(key)}`),
    root,
  )
}
