import { ConfigError, type ConfigIssue } from '../model/errors.ts'
import type { Fault, Path } from './value-schema.ts'

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

export function configIssues(root: string, input: unknown, faults: readonly Fault[]): readonly ConfigIssue[] {
  return faults.map(({ path, expected }) => ({
    path: printPath(root, path),
    expected,
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

export function valueAt(input: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[key],
    input,
  )
}

/** Returns a path as code would write it, for example `options.hooks[0]`. */
export function printPath(root: string, path: Path): string {
  return path.reduce<string>(
    (printed, key) => printed + (typeof key === 'number' ? `[${key}]` : `.${String(key)}`),
    root,
  )
}
