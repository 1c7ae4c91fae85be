import type { DataSourceState, DataSourceStatus, StoreStatus } from '../../model/status.ts'
import type { StoreType } from '../../store/registry.ts'
import type { EnvironmentView, RelayView, StoreView } from '../view.ts'
import { isConnected, isHealthy } from './health.ts'

const STATES: Readonly<Record<DataSourceState, ConnectionStatus['state']>> = {
  initializing: 'INITIALIZING',
  valid: 'VALID',
  interrupted: 'INTERRUPTED',
  off: 'OFF',
}

const STORE_STATES: Readonly<Record<StoreStatus['state'], DataStoreStatus['state']>> = {
  unknown: 'INITIALIZING',
  available: 'VALID',
  unavailable: 'INTERRUPTED',
}

export function statusDocument(view: RelayView, disconnectedStatusMs: number): StatusDocument {
  const documents = view.environments.map(
    (environment) => [environment.name, environmentStatus(environment, view, disconnectedStatusMs)] as const,
  )
  return {
    environments: Object.fromEntries(documents),
    status: isHealthy(view, disconnectedStatusMs) ? 'healthy' : 'degraded',
    version: view.version,
    clientVersion: view.version,
  }
}

export function environmentStatus(
  { name, sdkKey, envId, projKey, source, store, serving, archivedAt, holds, clients }: EnvironmentView,
  { now, startedAt }: RelayView,
  disconnectedStatusMs: number,
): EnvironmentStatus {
  return {
    sdkKey,
    ...(envId !== undefined && { envId }),
    envName: name,
    ...(projKey !== undefined && { projKey }),
    status: isConnected(source, disconnectedStatusMs, now) ? 'connected' : 'disconnected',
    connectionStatus: connectionStatus(source),
    dataStoreStatus: store ? dataStoreStatus(store) : { state: 'VALID', stateSince: startedAt },
    serving,
    ...(archivedAt !== undefined && { archiveAgeMs: Math.max(0, now - archivedAt) }),
    ...(source.ageMs !== undefined && { dataAgeMs: source.ageMs }),
    ...holds,
    clients: clients.fdv1 + clients.fdv2,
  }
}

function connectionStatus({
  state,
  since,
  source,
  lastError,
  nextAttempt,
}: DataSourceStatus): ConnectionStatus {
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

function dataStoreStatus({ database, prefix, tableName, status }: StoreView): DataStoreStatus {
  const { state, since, name, stale, lost, role, latencyMs, lastError, refused, quarantined } = status
  return {
    state: STORE_STATES[state],
    stateSince: since,
    database,
    dbServer: name,
    ...(prefix !== undefined && { dbPrefix: prefix }),
    ...(tableName !== undefined && { dbTable: tableName }),
    stale,
    lost,
    role,
    ...(latencyMs !== undefined && { latencyMs }),
    ...(lastError && { lastError: { message: lastError.message, time: lastError.at } }),
    refused: refused.length,
    quarantined: quarantined.length,
  }
}

/** What `/status` says, in the words of LaunchDarkly's Relay Proxy 9. Times are milliseconds since the Unix epoch. */
export interface StatusDocument {
  readonly environments: { readonly [name: string]: EnvironmentStatus }
  /** `degraded`: an environment is disconnected, or its database of no use. */
  readonly status: 'healthy' | 'degraded'
  readonly version: string
  readonly clientVersion: string
  /** Never here: environments are configured by hand. */
  readonly autoConfigStatus?: ConnectionStatus
}

/** What `/status/NAME` says. */
export interface EnvironmentStatus {
  /** All but the last four characters masked. */
  readonly sdkKey: string
  readonly envId?: string
  readonly envName: string
  readonly projKey?: string
  /** By the connection to the service alone. */
  readonly status: 'connected' | 'disconnected'
  readonly connectionStatus: ConnectionStatus
  readonly dataStoreStatus: DataStoreStatus
  /** What SDKs are given. Halyard's, like all members below. */
  readonly serving: 'nothing' | 'stored' | 'archive' | 'live'
  /** Milliseconds since the archive was written that an offline relay serves. Absent in any other relay. */
  readonly archiveAgeMs?: number
  /** Milliseconds since the last data, or sign of life of a connection that brought some. */
  readonly dataAgeMs?: number
  readonly flags: number
  readonly segments: number
  /** Streams that are open. */
  readonly clients: number
  // What the Relay Proxy says of things this one does not have. Absent, as there where they are not in use.
  readonly envKey?: string
  readonly projName?: string
  readonly mobileKey?: string
  readonly expiringSdkKey?: string
  readonly bigSegmentStatus?: BigSegmentStatus
}

export interface ConnectionStatus {
  readonly state: 'INITIALIZING' | 'VALID' | 'INTERRUPTED' | 'OFF'
  readonly stateSince: number
  readonly lastError?: { readonly kind: string; readonly time: number; readonly statusCode?: number }
  /** Which source the state is about. Halyard's, as is `nextAttempt`. */
  readonly source?: string
  readonly nextAttempt?: number
}

/** Without a database it is `VALID`: memory does not fail. */
export interface DataStoreStatus {
  readonly state: 'INITIALIZING' | 'VALID' | 'INTERRUPTED'
  readonly stateSince: number
  /** `file`, Halyard's own: a snapshot on disk in the place of a database. */
  readonly database?: StoreType | 'file'
  readonly dbServer?: string
  readonly dbPrefix?: string
  readonly dbTable?: string
  /** Whether it misses what is in memory. Halyard's, like all members below. */
  readonly stale?: boolean
  /** Whether its data was found gone, and is written again. */
  readonly lost?: boolean
  readonly role?: 'writer' | 'follower' | 'reader'
  readonly latencyMs?: number
  readonly lastError?: { readonly message: string; readonly time: number }
  /** How many rows it did not take. */
  readonly refused?: number
  /** How many rows of it cannot be read. */
  readonly quarantined?: number
}

export interface BigSegmentStatus {
  readonly available: boolean
  readonly potentiallyStale: boolean
  readonly lastSynchronizedOn: number
}
