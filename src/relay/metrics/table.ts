import { isHealthy } from '../status/health.ts'
import { binary, type Metric, perEnvironment, perStore, sampleOf, seconds, stateSamples } from './metric.ts'
import { SOURCE_METRICS } from './source-metrics.ts'

/** Of a relay as a whole, and who its environments are. */
const RELAY_METRICS: readonly Metric[] = [
  {
    name: 'halyard_relay_build_info',
    type: 'gauge',
    help: 'Always 1: the version of Halyard and of Node.',
    samples: ({ view }) => sampleOf(1, { version: view.version, node_version: process.versions.node }),
  },
  {
    name: 'halyard_relay_start_time_seconds',
    type: 'gauge',
    help: 'When the relay was started, Unix time.',
    samples: ({ view }) => sampleOf(seconds(view.startedAt)),
  },
  {
    name: 'halyard_relay_status',
    type: 'gauge',
    help: 'What /status says of the whole relay: 1 for the status it has, 0 for the other.',
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
    help: 'How many environments are configured.',
    samples: ({ view }) => sampleOf(view.environments.length),
  },
  {
    name: 'halyard_relay_closed_connections_total',
    type: 'counter',
    help: 'Connections that were closed or refused to protect the relay: too many requests waited on one, a client of operators did not read, or the limit on open files was near.',
    samples: ({ view: { connections } }) => [
      ...sampleOf(connections.pipelined, { reason: 'pipelining' }),
      ...sampleOf(connections.notReading, { reason: 'not-reading' }),
      ...sampleOf(connections.refused, { reason: 'open-files' }),
    ],
  },
  {
    name: 'halyard_relay_file_shortages_total',
    type: 'counter',
    help: 'Looks, one every 5 s, that found that the relay cannot open any more files: the system closes new connections then, and service, database and files may be out of reach.',
    samples: ({ view: { connections } }) => sampleOf(connections.fileShortages),
  },
  {
    name: 'halyard_relay_environment_info',
    type: 'gauge',
    help: 'Always 1: what an environment is called elsewhere, and its place in the database.',
    samples: perEnvironment(({ envId = '', projKey = '', store }) =>
      sampleOf(1, {
        env_id: envId,
        proj_key: projKey,
        database: store?.database ?? '',
        db_prefix: store?.prefix ?? '',
        db_table: store?.tableName ?? '',
      }),
    ),
  },
]

/** Of the databases; absent without one. */
const STORE_METRICS: readonly Metric[] = [
  {
    name: 'halyard_relay_store_state',
    type: 'gauge',
    help: 'The state of the database, which is asked even when there is nothing to write: 1 for the state it is in, 0 for the others.',
    samples: perStore(({ status }) =>
      stateSamples('state', ['unknown', 'available', 'unavailable'], status.state),
    ),
  },
  {
    name: 'halyard_relay_store_state_since_seconds',
    type: 'gauge',
    help: 'When that state began, Unix time.',
    samples: perStore(({ status }) => sampleOf(seconds(status.since))),
  },
  {
    name: 'halyard_relay_store_last_error_seconds',
    type: 'gauge',
    help: 'When the database failed most recently, Unix time. Absent until it does.',
    samples: perStore(({ status }) => sampleOf(seconds(status.lastError?.at))),
  },
  {
    name: 'halyard_relay_store_stale',
    type: 'gauge',
    help: 'Whether the database misses what is in memory.',
    samples: perStore(({ status }) => sampleOf(binary(status.stale))),
  },
  {
    name: 'halyard_relay_store_lost',
    type: 'gauge',
    help: 'Whether the data of the database was found gone, and is written again.',
    samples: perStore(({ status }) => sampleOf(binary(status.lost))),
  },
  {
    name: 'halyard_relay_store_role',
    type: 'gauge',
    help: 'Whether this relay writes, of several that share a place: 1 for the role it has, 0 for the others.',
    samples: perStore(({ status }) => stateSamples('role', ['writer', 'follower', 'reader'], status.role)),
  },
  {
    name: 'halyard_relay_store_latency_seconds',
    type: 'gauge',
    help: 'How long the last answer of the database took. Absent before the first.',
    samples: perStore(({ status }) => sampleOf(seconds(status.latencyMs))),
  },
  {
    name: 'halyard_relay_store_refused_rows',
    type: 'gauge',
    help: 'Rows the database did not take.',
    samples: perStore(({ status }) => sampleOf(status.refused.length)),
  },
  {
    name: 'halyard_relay_store_quarantined_rows',
    type: 'gauge',
    help: 'Rows of the database that cannot be read.',
    samples: perStore(({ status }) => sampleOf(status.quarantined.length)),
  },
  {
    name: 'halyard_relay_store_cache_reads_total',
    type: 'counter',
    help: 'Reads before the first data, by whether the cache had the answer. Absent where reads are not cached.',
    samples: perStore(({ status: { cache } }) => [
      ...sampleOf(cache?.hits, { result: 'hit' }),
      ...sampleOf(cache?.misses, { result: 'miss' }),
    ]),
  },
]

/** Of who is served, and at what cost. */
const TRAFFIC_METRICS: readonly Metric[] = [
  {
    name: 'halyard_relay_clients',
    type: 'gauge',
    help: 'Streams that are open, by protocol.',
    samples: perEnvironment(({ clients }) => [
      ...sampleOf(clients.fdv2, { protocol: 'fdv2' }),
      ...sampleOf(clients.fdv1, { protocol: 'fdv1' }),
    ]),
  },
  {
    name: 'halyard_relay_answers_total',
    type: 'counter',
    help: 'What clients were given: "nothing new", a delta, or everything.',
    samples: perEnvironment(({ traffic }) => [
      ...sampleOf(traffic.upToDate, { type: 'none' }),
      ...sampleOf(traffic.deltas, { type: 'delta' }),
      ...sampleOf(traffic.full, { type: 'full' }),
    ]),
  },
  {
    name: 'halyard_relay_sent_bytes_total',
    type: 'counter',
    help: 'Bytes of answers and events, compressed where they were.',
    samples: perEnvironment(({ traffic }) => sampleOf(traffic.bytesSent)),
  },
  {
    name: 'halyard_relay_saved_bytes_total',
    type: 'counter',
    help: 'By how much everything, not compressed, in the place of deltas and of "nothing new" would have been longer.',
    samples: perEnvironment(({ traffic }) => sampleOf(traffic.bytesSaved)),
  },
  {
    name: 'halyard_relay_cut_streams_total',
    type: 'counter',
    help: 'Streams that were cut because their client did not read.',
    samples: perEnvironment(({ traffic }) => sampleOf(traffic.cut)),
  },
  {
    name: 'halyard_relay_turned_away_requests_total',
    type: 'counter',
    help: 'Requests that were told to come again later, because too many wanted everything at once.',
    samples: perEnvironment(({ traffic }) => sampleOf(traffic.turnedAway)),
  },
]

/** Everything a relay measures. */
export const METRICS: readonly Metric[] = [
  ...RELAY_METRICS,
  ...SOURCE_METRICS,
  ...STORE_METRICS,
  ...TRAFFIC_METRICS,
]
