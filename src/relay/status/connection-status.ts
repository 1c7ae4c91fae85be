import type { SourceError } from '../../model/source-result.ts'
import type { DataSourceState, DataSourceStatus } from '../../model/status.ts'
import type { UnansweredView } from '../unanswered.ts'

export interface ConnectionStatus {
  readonly state: 'INITIALIZING' | 'VALID' | 'INTERRUPTED' | 'OFF'
  readonly stateSince: number
  readonly lastError?: { readonly kind: string; readonly time: number; readonly statusCode?: number }
  /** The source with this state. An extension of Halyard, like `nextAttempt` and `unanswered`. */
  readonly source?: string
  readonly nextAttempt?: number
  readonly unanswered?: UnansweredView
}

const STATES: Readonly<Record<DataSourceState, ConnectionStatus['state']>> = {
  initializing: 'INITIALIZING',
  valid: 'VALID',
  interrupted: 'INTERRUPTED',
  off: 'OFF',
}

type ConnectionView = Pick<DataSourceStatus, 'state' | 'since' | 'source' | 'nextAttempt'> & {
  readonly lastError?: SourceError & { readonly at: number }
}

/** Returns the state of a source or of automatic configuration in the terms of LaunchDarkly's Relay Proxy. */
export function connectionStatus({
  state,
  since,
  source,
  lastError,
  nextAttempt,
}: ConnectionView): ConnectionStatus {
  return {
    state: STATES[state],
    stateSince: since,
    ...(lastError && {
      lastError: {
        kind: lastError.kind.toUpperCase(),
        time: lastError.at,
        ...(lastError.status !== undefined && { statusCode: lastError.status }),
      },
    }),
    ...(source !== undefined && { source }),
    ...(nextAttempt !== undefined && { nextAttempt }),
  }
}
