import type { SourceError } from './source-error.ts'

/**
 * `initializing`: no valid answer yet. `valid`: the active source's last word was data. `interrupted`: it had
 * data and is trying to get more. `off`: closed, or no source is left.
 */
export type DataSourceState = 'initializing' | 'valid' | 'interrupted' | 'off'

/** Which protocol a data system speaks when nothing forces another on it, and who decided so (D1). */
export interface DataSystemMode {
  readonly protocol: 'fdv2' | 'fdv1'
  readonly why: string
}

/** How the flow of data stands. What reads return is another axis: {@link DataAvailability}. */
export interface DataSourceStatus {
  readonly state: DataSourceState
  readonly mode: DataSystemMode
  /** When this state began, milliseconds since the Unix epoch. */
  readonly since: number
  /** The source the state is about: the one that gave the data, or the one that is trying to. */
  readonly source?: string
  /** The most recent failure, kept after recovery. */
  readonly lastError?: SourceError & { readonly at: number; readonly source: string }
  /** When the active source tries again, milliseconds since the Unix epoch. */
  readonly nextAttempt?: number
  /** Milliseconds since the last data, or since the last byte of a connection that brought some. Absent before any data. */
  readonly ageMs?: number
  /** How many objects were left out of payloads because they were `null` (D13). Absent while there were none. */
  readonly skipped?: number
}

/** What reads return: nothing but fallback values, data of unknown age, or data a source vouched for. */
export type DataAvailability = 'defaults' | 'cached' | 'refreshed'
