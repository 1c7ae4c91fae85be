import type { StoreStatus } from '../../model/status.ts'
import { compact } from '../../options/compact.ts'
import type { StoreType } from '../../store/registry.ts'
import type { SynchronizerState } from '../big-segments/synchronizer.ts'
import { type CertificateState, certificateState } from '../certificate.ts'
import { type OverridesStatus, overridesStatus } from '../files/override-files.ts'
import type { BigSegmentsView, ClientsView, EnvironmentView, KeyView, RelayView, StoreView } from '../view.ts'
import { type ConnectionStatus, connectionStatus } from './connection-status.ts'
import { type EventsStatus, eventsStatus } from './events-status.ts'
import { isConnected, isHealthy } from './health.ts'

const STORE_STATES: Readonly<Record<StoreStatus['state'], DataStoreStatus['state']>> = {
  unknown: 'INITIALIZING',
  available: 'VALID',
  unavailable: 'INTERRUPTED',
}

export function statusDocument(view: RelayView, disconnectedStatusMs: number): StatusDocument {
  const { certificate, now } = view
  const documents = view.environments.map(
    (environment) => [environment.name, environmentStatus(environment, view, disconnectedStatusMs)] as const,
  )
  const { autoConfig } = view
  return {
    environments: Object.fromEntries(documents),
    ...(autoConfig && { autoConfigStatus: connectionStatus(autoConfig) }),
    status: isHealthy(view, disconnectedStatusMs) ? 'healthy' : 'degraded',
    version: view.version,
    clientVersion: view.version,
    ...(certificate && {
      certificate: { state: certificateState(certificate, now), expiresAt: certificate.expiresAt },
    }),
  }
}

export function environmentStatus(
  environment: EnvironmentView,
  { now, startedAt }: RelayView,
  disconnectedStatusMs: number,
): EnvironmentStatus {
  const { name, envName = name, envKey, projKey, projName, envId } = environment
  const { source, unanswered, store, bigSegments, overrides, serving, archivedAt, holds, clients } =
    environment
  const events = eventsStatus(environment.events)
  return {
    ...keysOf(environment),
    ...(envId !== undefined && { envId }),
    ...(envKey !== undefined && { envKey }),
    envName,
    ...(projKey !== undefined && { projKey }),
    ...(projName !== undefined && { projName }),
    status: isConnected(source, disconnectedStatusMs, now) ? 'connected' : 'disconnected',
    connectionStatus: { ...connectionStatus(source), ...(unanswered && { unanswered }) },
    dataStoreStatus: store ? dataStoreStatus(store) : { state: 'VALID', stateSince: startedAt },
    ...(bigSegments && { bigSegmentStatus: bigSegmentStatus(bigSegments) }),
    serving,
    ...(archivedAt !== undefined && { archiveAgeMs: Math.max(0, now - archivedAt) }),
    ...(source.ageMs !== undefined && { dataAgeMs: source.ageMs }),
    ...(overrides && { overrides: overridesStatus(overrides) }),
    ...holds,
    clients: clients.fdv1 + clients.fdv2,
    clientsByKind: clients,
    ...(events && { events }),
  }
}

function keysOf({
  sdkKey,
  mobileKey,
  moreSdkKeys,
  moreMobileKeys,
}: EnvironmentView): Pick<EnvironmentStatus, KeyMember> {
  if (!moreSdkKeys && !moreMobileKeys) return mobileKey === undefined ? { sdkKey } : { sdkKey, mobileKey }
  const expiring = moreSdkKeys?.filter(({ until }) => until !== undefined) ?? []
  const [first] = expiring.toSorted((a, b) => Number(a.until) - Number(b.until))
  return compact({
    sdkKey,
    expiringSdkKey: first?.value,
    additionalSdkKeys: moreSdkKeys?.map(additionalKey),
    mobileKey,
    additionalMobileKeys: moreMobileKeys?.map(additionalKey),
  })
}

function additionalKey({ value, until }: KeyView): AdditionalKey {
  return { value, ...(until !== undefined && { expiry: until }) }
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

function bigSegmentStatus({ available, stale, synchronizedOn, state }: BigSegmentsView): BigSegmentStatus {
  // 0 is the value of LaunchDarkly's Relay Proxy for "never".
  return { available, potentiallyStale: stale, lastSynchronizedOn: synchronizedOn ?? 0, state }
}

/** The body of `/status`, in the format of LaunchDarkly's Relay Proxy 9. Times are milliseconds since the Unix epoch. */
export interface StatusDocument {
  readonly environments: { readonly [name: string]: EnvironmentStatus }
  /**
   * `degraded`: an environment is disconnected, or its database is unavailable or stale, or, with
   * `bigSegmentsStaleAsDegraded`, its big segments are potentially stale.
   */
  readonly status: 'healthy' | 'degraded'
  readonly version: string
  readonly clientVersion: string
  /** The state of the stream of automatic configuration. Absent if it is not used. */
  readonly autoConfigStatus?: ConnectionStatus
  /** The certificate that the relay serves, an extension of Halyard. Only with TLS. */
  readonly certificate?: CertificateStatus
}

interface CertificateStatus {
  readonly state: CertificateState
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number
}

export interface EnvironmentStatus {
  /** All but the last four characters of each key are masked. */
  readonly sdkKey: string
  /** The key of `additionalSdkKeys` that expires first. */
  readonly expiringSdkKey?: string
  readonly additionalSdkKeys?: readonly AdditionalKey[]
  readonly mobileKey?: string
  readonly additionalMobileKeys?: readonly AdditionalKey[]
  readonly envId?: string
  readonly envName: string
  readonly projKey?: string
  /** Depends only on the connection to the service. */
  readonly status: 'connected' | 'disconnected'
  readonly connectionStatus: ConnectionStatus
  readonly dataStoreStatus: DataStoreStatus
  readonly bigSegmentStatus?: BigSegmentStatus
  /** The kind of data that SDKs receive. This and the members below are extensions of Halyard. */
  readonly serving: 'nothing' | 'stored' | 'archive' | 'live'
  /** Milliseconds since the archive was written. Only in an offline relay. */
  readonly archiveAgeMs?: number
  /** Milliseconds since the data was last confirmed by data or a heartbeat. */
  readonly dataAgeMs?: number
  readonly overrides?: OverridesStatus
  readonly flags: number
  readonly segments: number
  readonly clients: number
  readonly clientsByKind: ClientsView
  /** Absent if events are off. */
  readonly events?: EventsStatus
  /** Only with automatic configuration, like `projName`. */
  readonly envKey?: string
  readonly projName?: string
}

type KeyMember = 'sdkKey' | 'expiringSdkKey' | 'additionalSdkKeys' | 'mobileKey' | 'additionalMobileKeys'

/** A key that is valid in addition to the main one. */
interface AdditionalKey {
  readonly value: string
  /** The time at which it expires. Absent if it does not. */
  readonly expiry?: number
}

/** The state of the database. `VALID` without a database. */
export interface DataStoreStatus {
  readonly state: 'INITIALIZING' | 'VALID' | 'INTERRUPTED'
  readonly stateSince: number
  /** `file` is a snapshot on disk in place of a database, an extension of Halyard. */
  readonly database?: StoreType | 'file'
  readonly dbServer?: string
  readonly dbPrefix?: string
  readonly dbTable?: string
  /** True if the database lacks changes that are in memory. This and the members below are extensions of Halyard. */
  readonly stale?: boolean
  /** True if the database lost its data and is being rewritten. */
  readonly lost?: boolean
  readonly role?: 'writer' | 'follower' | 'reader'
  readonly latencyMs?: number
  readonly lastError?: { readonly message: string; readonly time: number }
  /** Number of rows that the database rejected. */
  readonly refused?: number
  /** Number of rows that cannot be parsed. */
  readonly quarantined?: number
}

/** The members of big segments in the database. Present if the data has had a big segment since the start. */
export interface BigSegmentStatus {
  /** True if the database answers. */
  readonly available: boolean
  /** True if the database answers, but no relay has synchronized it for `bigSegmentsStaleThreshold`. */
  readonly potentiallyStale: boolean
  /** 0 if it was never synchronized, or never answered. */
  readonly lastSynchronizedOn: number
  /** The synchronization by this relay, an extension of Halyard. `waiting`: after a failure. */
  readonly state: SynchronizerState
}
