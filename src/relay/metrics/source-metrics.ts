import { isConnected } from '../status/health.ts'
import { type Metric, perEnvironment, sampleOf, seconds, stateSamples } from './metric.ts'

/** Of where data comes from, and how old it is. */
export const SOURCE_METRICS: readonly Metric[] = [
  {
    name: 'halyard_relay_environment_status',
    type: 'gauge',
    help: 'What /status says of an environment: 1 for the status it has, 0 for the other.',
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
    help: 'What SDKs are given: nothing, what the database held at the start, an archive, or data of the service.',
    samples: perEnvironment(({ serving }) =>
      stateSamples('serving', ['nothing', 'stored', 'archive', 'live'], serving),
    ),
  },
  {
    name: 'halyard_relay_archive_time_seconds',
    type: 'gauge',
    help: 'When the archive was written that an offline relay serves, Unix time. Absent in any other relay.',
    samples: perEnvironment(({ archivedAt }) =>
      sampleOf(archivedAt === undefined ? undefined : seconds(archivedAt)),
    ),
  },
  {
    name: 'halyard_relay_source_state',
    type: 'gauge',
    help: 'The state of the connection to the service: 1 for the state it is in, 0 for the others.',
    samples: perEnvironment(({ source: { state } }) =>
      stateSamples('state', ['initializing', 'valid', 'interrupted', 'off'], state),
    ),
  },
  {
    name: 'halyard_relay_source_state_since_seconds',
    type: 'gauge',
    help: 'When that state began, Unix time.',
    samples: perEnvironment(({ source }) => sampleOf(seconds(source.since))),
  },
  {
    name: 'halyard_relay_source_last_error_seconds',
    type: 'gauge',
    help: 'When the connection failed most recently, Unix time, with the kind of the failure. Absent until it does.',
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
    help: 'Since the last data, or sign of life of a connection that brought some. Absent before any.',
    samples: perEnvironment(({ source }) => sampleOf(seconds(source.ageMs))),
  },
  {
    name: 'halyard_relay_data_time_seconds',
    type: 'gauge',
    help: 'When the last data, or sign of life of a connection that brought some, came, Unix time. Absent before any.',
    samples: perEnvironment(({ source: { ageMs } }, { view: { now } }) =>
      sampleOf(ageMs === undefined ? undefined : seconds(now - ageMs)),
    ),
  },
  {
    name: 'halyard_relay_objects',
    type: 'gauge',
    help: 'How many flags and segments are held.',
    samples: perEnvironment(({ holds }) => [
      ...sampleOf(holds.flags, { kind: 'flag' }),
      ...sampleOf(holds.segments, { kind: 'segment' }),
    ]),
  },
  {
    name: 'halyard_relay_skipped_objects_total',
    type: 'counter',
    help: 'Objects that were left out of payloads because they were null.',
    samples: perEnvironment(({ source }) => sampleOf(source.skipped ?? 0)),
  },
]
