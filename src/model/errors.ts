/** The base class of the errors that Halyard throws. `code` is stable; the text of `message` may change. */
export class HalyardError extends Error {
  /** The stable code of the error, for example `CONFIG`, `CLOSED` or `INVALID_CONTEXT`. */
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** One fault of a configuration. */
export interface ConfigIssue {
  /** The place of the fault, for example `synchronizers[1].intervalMs`. */
  readonly path: string
  /** The values that would be valid, for example `a number`. */
  readonly expected: string
  /** The value that was received. Secrets and long values are not shown. */
  readonly received: string
}

/** Invalid configuration. Lists all faults, and is thrown before anything starts. */
export class ConfigError extends HalyardError {
  /** All faults of the configuration, in the order of its members. */
  readonly issues: readonly ConfigIssue[]

  constructor(issues: readonly ConfigIssue[], options?: ErrorOptions) {
    const lines = issues.map(
      ({ path, expected, received }) => `  ${path}: expected ${expected}, received ${received}`,
    )
    super('CONFIG', `Invalid configuration:\n${lines.join('\n')}`, options)
    this.issues = issues
  }
}

/** A method was called after the data system was closed. */
export class ClosedError extends HalyardError {
  constructor() {
    super('CLOSED', 'The data system is closed')
  }
}

/**
 * The kind of a failed call to a database.
 * - `unavailable`: a later call may succeed.
 * - `refused`: no call succeeds until the configuration or the database is changed.
 * - `wrong_database`: as `refused`; the configured database cannot be selected, and no other is used in its place.
 * - `missing_package`: as `refused`; an optional package is not installed.
 * - `fenced`: another writer holds the lease.
 */
export type StoreErrorKind = 'unavailable' | 'refused' | 'wrong_database' | 'missing_package' | 'fenced'

/** A failed call to a database. */
export class StoreError extends HalyardError {
  readonly kind: StoreErrorKind

  constructor(kind: StoreErrorKind, message: string, options?: ErrorOptions) {
    super('STORE', message, options)
    this.kind = kind
  }
}
