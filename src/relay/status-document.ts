import type { DataSourceState, DataSourceStatus } from '../model/status.ts'
import type { StoreStatus } from '../model/store-status.ts'
import type { RelayConfig } from './config/relay-config.ts'
import type { Environment } from './environment.ts'

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
  readonly sdkKey: string
  readonly envName: string
  readonly status: 'connected' | 'disconnected'
  readonly connectionStatus: object
  readonly [member: string]: unknown
}

export function statusOf(environment: Environment, relay: RelayConfig, now: number): EnvironmentStatus {
  const { config, dataSystem } = environment
  const source = dataSystem.status.current
  const store = dataSystem.storeStatus?.current
  return {
    sdkKey: masked(config.sdkKey),
    ...(config.envId !== undefined && { envId: config.envId }),
    ...(config.projKey !== undefined && { projKey: config.projKey }),
    envName: config.name,
    status: isConnected(source, relay.disconnectedStatusMs, now) ? 'connected' : 'disconnected',
    connectionStatus: connectionStatus(source),
    ...(store && relay.store && { dataStoreStatus: storeStatus(store, relay.store, environment) }),
    clients: environment.clients,
    ...(source.ageMs !== undefined && { dataAgeMs: source.ageMs }),
  }
}

/** All but the last four characters, which are enough to tell keys apart. */
export function masked(key: string): string {
  const shown = key.length > 8 ? key.slice(-4) : ''
  return key.slice(0, key.length - shown.length).replaceAll(/[^-]/g, '*') + shown
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

function storeStatus(
  { state, since, name, stale, lost, latencyMs }: StoreStatus,
  { type }: NonNullable<RelayConfig['store']>,
  { config: { prefix, tableName } }: Environment,
): object {
  return {
    state: STORE_STATES[state],
    stateSince: since,
    database: type,
    dbServer: name,
    ...(prefix !== undefined && { dbPrefix: prefix }),
    ...(tableName !== undefined && { dbTable: tableName }),
    stale,
    lost,
    ...(latencyMs !== undefined && { latencyMs }),
  }
}
