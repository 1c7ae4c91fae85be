import type { DataSourceStatus, StoreStatus } from '../../../src/model/status.ts'
import { NO_CONNECTIONS } from '../../../src/relay/connections.ts'
import { NO_EVENTS } from '../../../src/relay/events/event-counts.ts'
import type { UsageReader } from '../../../src/relay/events/usage-view.ts'
import type { MetricsInput } from '../../../src/relay/metrics/metric.ts'
import type { RequestsView } from '../../../src/relay/requests/request-counts.ts'
import type { EnvironmentView, RelayView, StoreView } from '../../../src/relay/view.ts'
import { NO_TRAFFIC } from '../../../src/server/traffic.ts'

export const NOW: number = Date.UTC(2026, 10, 2, 12)
/** The default of `disconnectedStatusTime`, in milliseconds. */
export const PATIENCE = 60_000

export function sourceView(status: Partial<DataSourceStatus> = {}): DataSourceStatus {
  return {
    state: 'valid',
    mode: { protocol: 'fdv2', why: 'so' },
    since: NOW - 600_000,
    source: 'streaming',
    ageMs: 1_500,
    ...status,
  }
}

export function storeView(status: Partial<StoreStatus> = {}, rest: Partial<StoreView> = {}): StoreView {
  return {
    database: 'redis',
    isWritten: true,
    prefix: 'ld:test',
    status: {
      name: 'Redis at redis.example:6379',
      state: 'available',
      since: NOW - 500_000,
      stale: false,
      lost: false,
      role: 'writer',
      refused: [],
      quarantined: [],
      ...status,
    },
    ...rest,
  }
}

/** The view of events that are not forwarded. */
export const EVENTS_OFF: EnvironmentView['events'] = { state: 'off', ...NO_EVENTS, queued: 0, queuedBytes: 0 }

/** Evaluations with one series for a flag, and one for all others. */
const USAGE: UsageReader = {
  since: NOW,
  evaluations: 21,
  unknownEvaluations: 22,
  latestUnknown: [],
  others: { perMinute: [], total: 0, lastAt: 0 },
  countsOf: () => [],
  lastHourOf: () => 0,
  mostUsed: () => [],
  unknownFlags: () => [],
  series: () => [{ flag: 'banner', variation: 0, total: 23 }, { total: 24 }],
  toJSON: () => ({ since: NOW, evaluations: 21, unknownEvaluations: 22, latestUnknown: [] }),
}

/** Counts that are all different, so that a test sees which of them a metric has. */
export const DISTINCT_COUNTS: Pick<EnvironmentView, 'traffic' | 'events'> = {
  traffic: {
    upToDate: 1,
    deltas: 2,
    full: 3,
    evaluations: 8,
    bytesSent: 4,
    bytesSaved: 5,
    stalledStreams: 6,
    refusedRequests: 7,
  },
  events: {
    state: 'refused',
    received: 11,
    forwarded: 12,
    counted: 20,
    dropped: 13,
    failed: 14,
    invalid: 15,
    summarized: 16,
    diagnostics: 17,
    queued: 18,
    queuedBytes: 19,
    usage: USAGE,
  },
}

export function environmentView(rest: Partial<EnvironmentView> = {}): EnvironmentView {
  return {
    name: 'test',
    sdkKey: 'sdk-****-0b5e',
    serving: 'live',
    source: sourceView(),
    holds: { flags: 3, segments: 1 },
    clients: { fdv2: 2, fdv1: 1, pings: 3, pollers: 4 },
    traffic: NO_TRAFFIC,
    events: EVENTS_OFF,
    recent: [],
    ...rest,
  }
}

/** Returns the statistics of a relay that has received no requests. */
export const NO_REQUESTS: RequestsView = { counts: [], durations: [], streams: [], active: 0 }

/** Returns what metrics are derived from. */
export function metricsInput(view: RelayView, requests: RequestsView = NO_REQUESTS): MetricsInput {
  return { view, requests, disconnectedStatusMs: PATIENCE }
}

export function relayView(...environments: readonly EnvironmentView[]): RelayView {
  return { version: '0.1.0', now: NOW, startedAt: NOW - 1_000_000, environments, connections: NO_CONNECTIONS }
}
