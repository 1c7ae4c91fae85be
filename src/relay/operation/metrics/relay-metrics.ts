import { isHealthy } from '../soundness.ts'
import { type Metric, one, oneOf, perEnvironment, seconds } from './metric.ts'

/** Of a relay as a whole, and who its environments are. */
export const RELAY_METRICS: readonly Metric[] = [
  {
    name: 'halyard_relay_build_info',
    type: 'gauge',
    help: 'Always 1: the version of Halyard and of Node.',
    samples: ({ view }) => one(1, { version: view.version, node_version: process.versions.node }),
  },
  {
    name: 'halyard_relay_start_time_seconds',
    type: 'gauge',
    help: 'When the relay was started, Unix time.',
    samples: ({ view }) => one(seconds(view.startedAt)),
  },
  {
    name: 'halyard_relay_status',
    type: 'gauge',
    help: 'What /status says of the whole relay: 1 for the status it has, 0 for the other.',
    samples: ({ view, disconnectedStatusMs }) =>
      oneOf(
        'status',
        ['healthy', 'degraded'],
        isHealthy(view, disconnectedStatusMs) ? 'healthy' : 'degraded',
      ),
  },
  {
    name: 'halyard_relay_environments',
    type: 'gauge',
    help: 'How many environments are configured.',
    samples: ({ view }) => one(view.environments.length),
  },
  {
    name: 'halyard_relay_closed_connections_total',
    type: 'counter',
    help: 'Connections that were closed or refused to protect the relay: too many requests waited on one, a client of operators did not read, or the limit on open files was near.',
    samples: ({ view: { connections } }) => [
      ...one(connections.pipelined, { reason: 'pipelining' }),
      ...one(connections.notReading, { reason: 'not-reading' }),
      ...one(connections.refused, { reason: 'open-files' }),
    ],
  },
  {
    name: 'halyard_relay_file_shortages_total',
    type: 'counter',
    help: 'Looks, one every 5 s, that found that the relay cannot open any more files: the system closes new connections then, and service, database and files may be out of reach.',
    samples: ({ view: { connections } }) => one(connections.fileShortages),
  },
  {
    name: 'halyard_relay_environment_info',
    type: 'gauge',
    help: 'Always 1: what an environment is called elsewhere, and its place in the database.',
    samples: perEnvironment(({ envId = '', projKey = '', store }) =>
      one(1, {
        env_id: envId,
        proj_key: projKey,
        database: store?.database ?? '',
        db_prefix: store?.prefix ?? '',
        db_table: store?.tableName ?? '',
      }),
    ),
  },
]
