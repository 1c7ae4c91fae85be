/** Base of everything Halyard throws at its border; `code` is stable, the message is for people. */
export class HalyardError extends Error {
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** One thing wrong with a configuration. */
export interface ConfigIssue {
  /** Where, as `synchronizers[1].intervalMs`. */
  readonly path: string
  readonly expected: string
  readonly received: string
}

/** Wrong configuration: lists everything that is wrong at once. Thrown before anything starts. */
export class ConfigError extends HalyardError {
  readonly issues: readonly ConfigIssue[]

  constructor(issues: readonly ConfigIssue[], options?: ErrorOptions) {
    const lines = issues.map(
      ({ path, expected, received }) => `  ${path}: expected ${expected}, received ${received}`,
    )
    super('CONFIG', `Invalid configuration:\n${lines.join('\n')}`, options)
    this.issues = issues
  }
}

/** The data system was used after it was closed. */
export class ClosedError extends HalyardError {
  constructor() {
    super('CLOSED', 'The data system is closed')
  }
}

/**
 * A failed call to a database. `unavailable`: a later call may succeed. `refused`: no call succeeds until the configuration
 * or the database is changed. `wrong_database`: the same, because the configured database cannot be selected; no other
 * one is used in its place. `missing_package`: the same, because an optional package is not installed. `fenced`: another writer holds the lease.
 */
export class StoreError extends HalyardError {
  readonly kind: 'unavailable' | 'refused' | 'wrong_database' | 'missing_package' | 'fenced'

  constructor(kind: StoreError['kind'], message: string, options?: ErrorOptions) {
    super('STORE', message, options)
    this.kind = kind
  }
}
