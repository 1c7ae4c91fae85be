import type { DataSourceState, DataSourceStatus } from '../../model/status.ts'
import type { StoreStatus } from '../../model/store-status.ts'
import type { EnvironmentView, RelayView, StoreView } from '../view.ts'

const STATES: Readonly<Record<DataSourceState, string>> = {
  initializing: 'INITIALIZING',
  valid: 'VALID',
  interrupted: 'INTERRUPTED',
  off: 'OFF',
}

const STORE_STATES: Readonly<Record<StoreStatus['state'], string>> = {
  unknown: 'INITIALIZING',
  available: 'VALID',
  unavailable: 'INTERRUPTED',
}

/** What `/status` says of one environment, in the words of LaunchDarkly's Relay Proxy. */
export interface EnvironmentStatus {
  readonly status: 'connected' | 'disconnected'
  readonly [member: string]: unknown
}

/** What `/status` says. */
export function statusDocument(view: RelayView, disconnectedStatusMs: number): object {
  const documents = view.environments.map(
    (environment) => [environment.name, statusOf(environment, disconnectedStatusMs, view.now)] as const,
  )
  const isHealthy = documents.every(([, { status }]) => status === 'connected')
  return {
    environments: Object.fromEntries(documents),
    status: isHealthy ? 'healthy' : 'degraded',
    version: view.version,
    clientVersion: view.version,
  }
}

function statusOf(
  environment: EnvironmentView,
  disconnectedStatusMs: number,
  now: number,
): EnvironmentStatus {
  const { name, sdkKey, envId, projKey, source, store, clients } = environment
  return {
    sdkKey,
    ...(envId !== undefined && { envId }),
    ...(projKey !== undefined && { projKey }),
    envName: name,
    status: isConnected(source, disconnectedStatusMs, now) ? 'connected' : 'disconnected',
    connectionStatus: connectionStatus(source),
    ...(store && { dataStoreStatus: storeStatus(store) }),
    clients: clients.fdv1 + clients.fdv2,
    ...(source.ageMs !== undefined && { dataAgeMs: source.ageMs }),
  }
}

/** A short interruption is nobody's business. */
function isConnected({ state, since }: DataSourceStatus, disconnectedStatusMs: number, now: number): boolean {
  return state === 'valid' || (state === 'interrupted' && now - since < disconnectedStatusMs)
}

function connectionStatus({ state, since, lastError }: DataSourceStatus): object {
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
  }
}

function storeStatus({ database, prefix, tableName, status }: StoreView): object {
  const { state, since, name, stale, lost, latencyMs } = status
  return {
    state: STORE_STATES[state],
    stateSince: since,
    database,
    dbServer: name,
    ...(prefix !== undefined && { dbPrefix: prefix }),
    ...(tableName !== undefined && { dbTable: tableName }),
    stale,
    lost,
    ...(latencyMs !== undefined && { latencyMs }),
  }
}
