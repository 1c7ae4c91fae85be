import { isHealthy } from '../status/health.ts'
import { BIG_SEGMENT_METRICS } from './big-segment-metrics.ts'
import { EVENT_METRICS } from './event-metrics.ts'
import {
  binary,
  type Metric,
  perEnvironment,
  perStore,
  type SampledMetric,
  sampleOf,
  seconds,
  stateSamples,
} from './metric.ts'
import { REQUEST_DURATION, REQUEST_METRICS } from './request-metrics.ts'
import { SOURCE_METRICS } from './source-metrics.ts'

const RELAY_METRICS: readonly SampledMetric[] = [
  {
    name: 'halyard_relay_build_info',
    type: 'gauge',
    help: 'Always 1. The labels are the versions of Halyard and of Node.',
    samples: ({ view }) => sampleOf(1, { version: view.version, node_version: process.versions.node }),
  },
  {
    name: 'halyard_relay_start_time_seconds',
    type: 'gauge',
    help: 'Start time of the relay, as Unix time.',
    samples: ({ view }) => sampleOf(seconds(view.startedAt)),
  },
  {
    name: 'halyard_relay_status',
    type: 'gauge',
    help: 'Status of the relay as in /status: 1 for the current status, 0 for the other.',
    samples: ({ view, disconnectedStatusMs }) =>
      stateSamples(
        'status',
        ['healthy', 'degraded'],
        isHealthy(view, disconnectedStatusMs) ? 'healthy' : 'degraded',
      ),
  },
  {
    name: 'halyard_relay_environments',
    type: 'gauge',
    help: 'Number of configured environments.',
    samples: ({ view }) => sampleOf(view.environments.length),
  },
  {
    name: 'halyard_relay_certificate_expiry_seconds',
    type: 'gauge',
    help: 'Expiry of the TLS certificate that the relay serves, or of the first of its intermediate certificates, as Unix time. Only with TLS.',
    samples: ({ view }) => sampleOf(seconds(view.certificate?.expiresAt)),
  },
  {
    name: 'halyard_relay_closed_connections_total',
    type: 'counter',
    help: 'Connections that were closed or refused to protect the relay: too many pipelined requests, a client of an operator endpoint that did not read, the limit on open files, or the limit of a port for operators.',
    samples: ({ view: { connections } }) => [
      ...sampleOf(connections.pipelined, { reason: 'pipelining' }),
      ...sampleOf(connections.notReading, { reason: 'not-reading' }),
      ...sampleOf(connections.refused, { reason: 'open-files' }),
      ...sampleOf(connections.refusedOperators, { reason: 'operators' }),
    ],
  },
  {
    name: 'halyard_relay_file_shortages_total',
    type: 'counter',
    help: 'Checks, one every 5 s, in which the relay could not open a file. The system then closes new connections, and the relay may not reach the service, the database or files.',
    samples: ({ view: { connections } }) => sampleOf(connections.fileShortages),
  },
  {
    name: 'halyard_relay_environment_info',
    type: 'gauge',
    help: 'Always 1. The labels are the other names of an environment and its place in the database.',
    samples: perEnvironment(({ envId = '', envName = '', projKey = '', store }) =>
      sampleOf(1, {
        env_id: envId,
        env_name: envName,
        proj_key: projKey,
        database: store?.database ?? '',
        db_prefix: store?.prefix ?? '',
        db_table: store?.tableName ?? '',
      }),
    ),
  },
]

const STORE_METRICS: readonly SampledMetric[] = [
  {
    name: 'halyard_relay_store_state',
    type: 'gauge',
    help: 'State of the database, which is checked even if there is nothing to write: 1 for the current state, 0 for the others.',
    samples: perStore(({ status }) =>
      stateSamples('state', ['unknown', 'available', 'unavailable'], status.state),
    ),
  },
  {
    name: 'halyard_relay_store_state_since_seconds',
    type: 'gauge',
    help: 'Time of the last change of the state, as Unix time.',
    samples: perStore(({ status }) => sampleOf(seconds(status.since))),
  },
  {
    name: 'halyard_relay_store_last_error_seconds',
    type: 'gauge',
    help: 'Time of the last failure of the database, as Unix time. Absent before the first failure.',
    samples: perStore(({ status }) => sampleOf(seconds(status.lastError?.at))),
  },
  {
    name: 'halyard_relay_store_stale',
    type: 'gauge',
    help: 'Is 1 if the database lacks changes that are in memory.',
    samples: perStore(({ status }) => sampleOf(binary(status.stale))),
  },
  {
    name: 'halyard_relay_store_lost',
    type: 'gauge',
    help: 'Is 1 if the database lost its data and is being rewritten.',
    samples: perStore(({ status }) => sampleOf(binary(status.lost))),
  },
  {
    name: 'halyard_relay_store_role',
    type: 'gauge',
    help: 'Role of this relay among those that share a place in the database: 1 for the current role, 0 for the others.',
    samples: perStore(({ status }) => stateSamples('role', ['writer', 'follower', 'reader'], status.role)),
  },
  {
    name: 'halyard_relay_store_latency_seconds',
    type: 'gauge',
    help: 'Latency of the last answer of the database. Absent before the first answer.',
    samples: perStore(({ status }) => sampleOf(seconds(status.latencyMs))),
  },
  {
    name: 'halyard_relay_store_refused_rows',
    type: 'gauge',
    help: 'Rows that the database rejected.',
    samples: perStore(({ status }) => sampleOf(status.refused.length)),
  },
  {
    name: 'halyard_relay_store_quarantined_rows',
    type: 'gauge',
    help: 'Rows of the database that cannot be parsed.',
    samples: perStore(({ status }) => sampleOf(status.quarantined.length)),
  },
  {
    name: 'halyard_relay_store_cache_reads_total',
    type: 'counter',
    help: 'Lazy reads before the first data, by result of the cache. Absent if reads are not cached.',
    samples: perStore(({ status: { cache } }) => [
      ...sampleOf(cache?.hits, { result: 'hit' }),
      ...sampleOf(cache?.misses, { result: 'miss' }),
    ]),
  },
]

const TRAFFIC_METRICS: readonly SampledMetric[] = [
  {
    name: 'halyard_relay_clients',
    type: 'gauge',
    help: 'Open streams, by protocol. ping: those of browsers, mobile SDKs and OFREP.',
    samples: perEnvironment(({ clients }) => [
      ...sampleOf(clients.fdv2, { protocol: 'fdv2' }),
      ...sampleOf(clients.fdv1, { protocol: 'fdv1' }),
      ...sampleOf(clients.pings, { protocol: 'ping' }),
    ]),
  },
  {
    name: 'halyard_relay_pollers',
    type: 'gauge',
    help: 'Estimated number of clients that polled in the last 10 minutes and have no stream. Those behind one address with one user agent count once, unless they send an instance ID.',
    samples: perEnvironment(({ clients }) => sampleOf(clients.pollers)),
  },
  {
    name: 'halyard_relay_answers_total',
    type: 'counter',
    help: 'Answers to clients by type: none (up to date), delta, full payload, or evaluation (evaluated flags).',
    samples: perEnvironment(({ traffic }) => [
      ...sampleOf(traffic.upToDate, { type: 'none' }),
      ...sampleOf(traffic.deltas, { type: 'delta' }),
      ...sampleOf(traffic.full, { type: 'full' }),
      ...sampleOf(traffic.evaluations, { type: 'evaluation' }),
    ]),
  },
  {
    name: 'halyard_relay_sent_bytes_total',
    type: 'counter',
    help: 'Bytes of answers and events, after compression.',
    samples: perEnvironment(({ traffic }) => sampleOf(traffic.bytesSent)),
  },
  {
    name: 'halyard_relay_saved_bytes_total',
    type: 'counter',
    help: 'Bytes that uncompressed full payloads would have needed in addition, in place of deltas and of answers without data.',
    samples: perEnvironment(({ traffic }) => sampleOf(traffic.bytesSaved)),
  },
  {
    name: 'halyard_relay_stalled_streams_total',
    type: 'counter',
    help: 'Streams that were closed because their client did not read.',
    samples: perEnvironment(({ traffic }) => sampleOf(traffic.stalledStreams)),
  },
  {
    name: 'halyard_relay_refused_requests_total',
    type: 'counter',
    help: 'Requests for a full payload that received a 503 with Retry-After, because too many were waiting.',
    samples: perEnvironment(({ traffic }) => sampleOf(traffic.refusedRequests)),
  },
]

/** Metrics of the source, the data and the database of each environment. */
export const STATUS_METRICS: ReadonlySet<SampledMetric> = new Set([
  ...SOURCE_METRICS,
  ...STORE_METRICS,
  ...BIG_SEGMENT_METRICS,
])

/** All metrics with a value at every moment. */
export const SAMPLED_METRICS: readonly SampledMetric[] = [
  ...RELAY_METRICS,
  ...SOURCE_METRICS,
  ...STORE_METRICS,
  ...BIG_SEGMENT_METRICS,
  ...TRAFFIC_METRICS,
  ...EVENT_METRICS,
  ...REQUEST_METRICS,
]

export const METRICS: readonly Metric[] = [...SAMPLED_METRICS, REQUEST_DURATION]
