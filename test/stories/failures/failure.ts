import type { ConnectionOptions, DataSystemConfig } from '../../../src/config/config.ts'
import type { Service } from './service.ts'

/** One row of docs/failures.md. */
export interface Failure {
  /** The first cell of the row. */
  readonly name: string
  /** `start`: the failure precedes the start of the client. `running`: it begins after two minutes of normal operation. */
  readonly from: 'start' | 'running'
  readonly strike: (service: Service) => void
  /** Ends the failure. Absent if the failure ends at the moment it begins. */
  readonly repair?: (service: Service) => void
  /** Duration in milliseconds. Default: until 2 s after the change made during the failure is visible. */
  readonly lastsMs?: number
  /** Time from the failure to the change of the flag, in milliseconds. Default: 0. */
  readonly changesAfterMs?: number
  /** Default: `presets.default()`. */
  readonly plan?: DataSystemConfig
  readonly limits?: ConnectionOptions['limits']
}
