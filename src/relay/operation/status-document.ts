import type { DataSourceState, DataSourceStatus, StoreStatus } from '../../model/status.ts'
import type { EnvironmentView, RelayView, StoreView } from '../view.ts'
import { isConnected, isHealthy } from './soundness.ts'
import type { ConnectionStatus, DataStoreStatus, EnvironmentStatus, StatusDocument } from './status-types.ts'

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
