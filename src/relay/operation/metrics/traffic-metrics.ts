import { type Metric, one, perEnvironment } from './metric.ts'

/** Of who is served, and at what cost. */
export const TRAFFIC_METRICS: readonly Metric[] = [
  {
    name: 'halyard_relay_clients',
    type: 'gauge',
    help: 'Streams that are open, by protocol.',
    samples: perEnvironment(({ clients }) => [
      ...one(clients.fdv2, { protocol: 'fdv2' }),
      ...one(clients.fdv1, { protocol: 'fdv1' }),
    ]),
  },
  {
    name: 'halyard_relay_answers_total',
    type: 'counter',
    help: 'What clients were given: "nothing new", a delta, or everything.',
    samples: perEnvironment(({ traffic }) => [
      ...one(traffic.upToDate, { type: 'none' }),
      ...one(traffic.deltas, { type: 'delta' }),
      ...one(traffic.full, { type: 'full' }),
    ]),
  },
  {
    name: 'halyard_relay_sent_bytes_total',
    type: 'counter',
    help: 'Bytes of answers and events, compressed where they were.',
    samples: perEnvironment(({ traffic }) => one(traffic.bytesSent)),
  },
  {
    name: 'halyard_relay_saved_bytes_total',
    type: 'counter',
    help: 'By how much everything, not compressed, in the place of deltas and of "nothing new" would have been longer.',
    samples: perEnvironment(({ traffic }) => one(traffic.bytesSaved)),
  },
  {
    name: 'halyard_relay_cut_streams_total',
    type: 'counter',
    help: 'Streams that were cut because their client did not read.',
    samples: perEnvironment(({ traffic }) => one(traffic.cut)),
  },
  {
    name: 'halyard_relay_turned_away_requests_total',
    type: 'counter',
    help: 'Requests that were told to come again later, because too many wanted everything at once.',
    samples: perEnvironment(({ traffic }) => one(traffic.turnedAway)),
  },
]
