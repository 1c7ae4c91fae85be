import { type Metric, one, oneOf, perStore, seconds, yes } from './metric.ts'

/** Of the databases; absent without one. */
export const STORE_METRICS: readonly Metric[] = [
  {
    name: 'halyard_relay_store_state',
    type: 'gauge',
    help: 'The state of the database, which is asked even when there is nothing to write: 1 for the state it is in, 0 for the others.',
    samples: perStore(({ status }) => oneOf('state', ['unknown', 'available', 'unavailable'], status.state)),
  },
  {
    name: 'halyard_relay_store_state_since_seconds',
    type: 'gauge',
    help: 'When that state began, Unix time.',
    samples: perStore(({ status }) => one(seconds(status.since))),
  },
  {
    name: 'halyard_relay_store_last_error_seconds',
    type: 'gauge',
    help: 'When the database failed most recently, Unix time. Absent until it does.',
    samples: perStore(({ status }) => one(seconds(status.lastError?.at))),
  },
  {
    name: 'halyard_relay_store_stale',
    type: 'gauge',
    help: 'Whether the database misses what is in memory.',
    samples: perStore(({ status }) => one(yes(status.stale))),
  },
  {
    name: 'halyard_relay_store_lost',
    type: 'gauge',
    help: 'Whether the data of the database was found gone, and is written again.',
    samples: perStore(({ status }) => one(yes(status.lost))),
  },
  {
    name: 'halyard_relay_store_role',
    type: 'gauge',
    help: 'Whether this relay writes, of several that share a place: 1 for the role it has, 0 for the others.',
    samples: perStore(({ status }) => oneOf('role', ['writer', 'follower', 'reader'], status.role)),
  },
  {
    name: 'halyard_relay_store_latency_seconds',
    type: 'gauge',
    help: 'How long the last answer of the database took. Absent before the first.',
    samples: perStore(({ status }) => one(seconds(status.latencyMs))),
  },
  {
    name: 'halyard_relay_store_refused_rows',
    type: 'gauge',
    help: 'Rows the database did not take.',
    samples: perStore(({ status }) => one(status.refused.length)),
  },
  {
    name: 'halyard_relay_store_quarantined_rows',
    type: 'gauge',
    help: 'Rows of the database that cannot be read.',
    samples: perStore(({ status }) => one(status.quarantined.length)),
  },
  {
    name: 'halyard_relay_store_cache_reads_total',
    type: 'counter',
    help: 'Reads before the first data, by whether the cache had the answer. Absent where reads are not cached.',
    samples: perStore(({ status: { cache } }) => [
      ...one(cache?.hits, { result: 'hit' }),
      ...one(cache?.misses, { result: 'miss' }),
    ]),
  },
]
