import { isConnected } from '../status/health.ts'
import { perEnvironment, type SampledMetric, sampleOf, seconds, stateSamples } from './metric.ts'

export const SOURCE_METRICS: readonly SampledMetric[] = [
  {
    name: 'halyard_relay_auto_config_state',
    type: 'gauge',
    help: 'State of the stream of automatic configuration: 1 for the current state, 0 for the others. Only with automatic configuration.',
    samples: ({ view: { autoConfig } }) =>
      autoConfig ? stateSamples('state', ['initializing', 'valid', 'interrupted'], autoConfig.state) : [],
  },
  {
    name: 'halyard_relay_auto_config_state_since_seconds',
    type: 'gauge',
    help: 'Time of the last change of this state, as Unix time.',
    samples: ({ view: { autoConfig } }) => sampleOf(seconds(autoConfig?.since)),
  },
  {
    name: 'halyard_relay_environment_status',
    type: 'gauge',
    help: 'Status of an environment as in /status: 1 for the current status, 0 for the other.',
    samples: perEnvironment(({ source }, { view: { now }, disconnectedStatusMs }) =>
      stateSamples(
        'status',
        ['connected', 'disconnected'],
        isConnected(source, disconnectedStatusMs, now) ? 'connected' : 'disconnected',
      ),
    ),
  },
  {
    name: 'halyard_relay_serving',
    type: 'gauge',
    help: 'Kind of data that SDKs receive: nothing, stored data of the database, an archive, or live data of the service.',
    samples: perEnvironment(({ serving }) =>
      stateSamples('serving', ['nothing', 'stored', 'archive', 'live'], serving),
    ),
  },
  {
    name: 'halyard_relay_archive_time_seconds',
    type: 'gauge',
    help: 'Modification time of the archive, as Unix time. Only in an offline relay.',
    samples: perEnvironment(({ archivedAt }) =>
      sampleOf(archivedAt === undefined ? undefined : seconds(archivedAt)),
    ),
  },
  {
    name: 'halyard_relay_source_state',
    type: 'gauge',
    help: 'State of the connection to the service: 1 for the current state, 0 for the others.',
    samples: perEnvironment(({ source: { state } }) =>
      stateSamples('state', ['initializing', 'valid', 'interrupted', 'off'], state),
    ),
  },
  {
    name: 'halyard_relay_source_state_since_seconds',
    type: 'gauge',
    help: 'Time of the last change of the state, as Unix time.',
    samples: perEnvironment(({ source }) => sampleOf(seconds(source.since))),
  },
  {
    name: 'halyard_relay_source_last_error_seconds',
    type: 'gauge',
    help: 'Time of the last failure of the connection, as Unix time, with its kind. Absent before the first failure.',
    samples: perEnvironment(({ source: { lastError } }) =>
      sampleOf(seconds(lastError?.at), {
        kind: lastError?.kind ?? '',
        status_code: String(lastError?.status ?? ''),
      }),
    ),
  },
  {
    name: 'halyard_relay_data_age_seconds',
    type: 'gauge',
    help: 'Time since the data was last confirmed by data or a heartbeat. Absent before the first data.',
    samples: perEnvironment(({ source }) => sampleOf(seconds(source.ageMs))),
  },
  {
    name: 'halyard_relay_data_time_seconds',
    type: 'gauge',
    help: 'Time when the data was last confirmed by data or a heartbeat, as Unix time. Absent before the first data.',
    samples: perEnvironment(({ source: { ageMs } }, { view: { now } }) =>
      sampleOf(ageMs === undefined ? undefined : seconds(now - ageMs)),
    ),
  },
  {
    name: 'halyard_relay_objects',
    type: 'gauge',
    help: 'Number of flags and segments.',
    samples: perEnvironment(({ holds }) => [
      ...sampleOf(holds.flags, { kind: 'flag' }),
      ...sampleOf(holds.segments, { kind: 'segment' }),
    ]),
  },
  {
    name: 'halyard_relay_skipped_objects_total',
    type: 'counter',
    help: 'Objects in payloads that were skipped because they were null.',
    samples: perEnvironment(({ source }) => sampleOf(source.skipped ?? 0)),
  },
  {
    name: 'halyard_relay_data_version',
    type: 'gauge',
    help: 'Version of the data that clients receive, as the service counts it. Absent before the first data.',
    samples: perEnvironment(({ revision }) => sampleOf(revision?.version)),
  },
  {
    name: 'halyard_relay_data_fingerprint',
    type: 'gauge',
    help: 'Number that is equal in relays that serve the same data, and differs otherwise. Absent before the first data.',
    samples: perEnvironment(({ revision }) => sampleOf(revision?.fingerprint)),
  },
  {
    name: 'halyard_relay_data_changed_seconds',
    type: 'gauge',
    help: 'Time when this relay applied the last change of the data, as Unix time. Absent before the first data.',
    samples: perEnvironment(({ recent: [latest] }) => sampleOf(seconds(latest?.at))),
  },
]
