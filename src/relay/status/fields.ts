import type { ConnectionStatus } from './connection-status.ts'
import type { BigSegmentStatus, DataStoreStatus, EnvironmentStatus, StatusDocument } from './document.ts'
import type { EventsStatus } from './events-status.ts'

/** The schema of a document, with which a misspelled path is distinguished from an absent member. */
export type Field =
  | { readonly type: 'value' }
  | { readonly type: 'list' }
  | { readonly type: 'object'; readonly members: Readonly<Record<string, Field>> }
  | { readonly type: 'map'; readonly each: Field }

type ObjectOf<T> = { readonly type: 'object'; readonly members: MembersOf<T> }
/** Requires every member of the type, including optional ones. */
type MembersOf<T> = { readonly [K in keyof T]-?: FieldOf<NonNullable<T[K]>> }
type FieldOf<T> = T extends string | number | boolean
  ? { readonly type: 'value' }
  : T extends readonly unknown[]
    ? { readonly type: 'list' }
    : string extends keyof T
      ? { readonly type: 'map'; readonly each: ObjectOf<T[keyof T]> }
      : ObjectOf<T>

const value = { type: 'value' } as const
const list = { type: 'list' } as const

const connectionStatus: ObjectOf<ConnectionStatus> = {
  type: 'object',
  members: {
    state: value,
    stateSince: value,
    lastError: { type: 'object', members: { kind: value, time: value, statusCode: value } },
    source: value,
    nextAttempt: value,
    unanswered: { type: 'object', members: { since: value, address: value } },
  },
}

const dataStoreStatus: ObjectOf<DataStoreStatus> = {
  type: 'object',
  members: {
    state: value,
    stateSince: value,
    database: value,
    dbServer: value,
    dbPrefix: value,
    dbTable: value,
    stale: value,
    lost: value,
    role: value,
    latencyMs: value,
    lastError: { type: 'object', members: { message: value, time: value } },
    refused: value,
    quarantined: value,
  },
}

const bigSegmentStatus: ObjectOf<BigSegmentStatus> = {
  type: 'object',
  members: { available: value, potentiallyStale: value, lastSynchronizedOn: value, state: value },
}

const events: ObjectOf<EventsStatus> = {
  type: 'object',
  members: {
    state: value,
    received: value,
    forwarded: value,
    counted: value,
    dropped: value,
    failed: value,
    invalid: value,
    summarized: value,
    diagnostics: value,
    queued: value,
    queuedBytes: value,
    flagEvaluations: value,
    unknownFlagEvaluations: value,
    lastError: { type: 'object', members: { message: value, time: value, statusCode: value } },
  },
}

export const ENVIRONMENT_FIELDS: ObjectOf<EnvironmentStatus> = {
  type: 'object',
  members: {
    sdkKey: value,
    envId: value,
    envName: value,
    projKey: value,
    status: value,
    connectionStatus,
    dataStoreStatus,
    serving: value,
    archiveAgeMs: value,
    dataAgeMs: value,
    flags: value,
    segments: value,
    clients: value,
    clientsByKind: { type: 'object', members: { fdv2: value, fdv1: value, pings: value, pollers: value } },
    events,
    envKey: value,
    projName: value,
    mobileKey: value,
    additionalMobileKeys: list,
    expiringSdkKey: value,
    additionalSdkKeys: list,
    bigSegmentStatus,
    overrides: { type: 'object', members: { state: value, flags: value, segments: value } },
  },
}

export const DOCUMENT_FIELDS: ObjectOf<StatusDocument> = {
  type: 'object',
  members: {
    environments: { type: 'map', each: ENVIRONMENT_FIELDS },
    status: value,
    version: value,
    clientVersion: value,
    autoConfigStatus: connectionStatus,
    certificate: { type: 'object', members: { state: value, expiresAt: value } },
  },
}
