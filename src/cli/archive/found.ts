import type { Snapshot } from '../../model/change-set.ts'
import type { Logger } from '../../model/logger.ts'
import type { EnvironmentConfig, RelayConfig } from '../../relay/config/relay-config.ts'

/** What was found of an environment. */
export interface Found {
  readonly snapshot: Snapshot
  /** What the service calls it, where that is known. */
  readonly environmentId?: string
}

/** Where an environment is looked for. */
export interface Errand {
  readonly environment: EnvironmentConfig
  readonly relay: RelayConfig
  /** Receives problems that do not keep the command from going on. */
  readonly logger: Logger
  readonly signal: AbortSignal
}
