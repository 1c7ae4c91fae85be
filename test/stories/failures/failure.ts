import type { ConnectionOptions, DataSystemConfig } from '../../../src/config/config.ts'
import type { Service } from './service.ts'

/** One row of docs/failures.md. */
export interface Failure {
  /** The first cell of the row. */
  readonly name: string
  /** `start`: it is so before the client starts. `running`: it happens to a client that has been well for two minutes. */
  readonly from: 'start' | 'running'
  readonly strike: (service: Service) => void
  /** Ends it. Absent where the failure is over in the moment it happens. */
  readonly repair?: (service: Service) => void
  /** How long it lasts. Default: until 2 s after the change made in the midst of it is visible. */
  readonly lastsMs?: number
  /** When the flag changes, counted from the failure. Default: in the same moment. */
  readonly changesAfterMs?: number
  /** Default: `presets.default()`. */
  readonly plan?: DataSystemConfig
  readonly limits?: ConnectionOptions['limits']
}
