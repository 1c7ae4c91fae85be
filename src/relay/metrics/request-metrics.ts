import { DURATION_BUCKETS, type RequestClient } from '../requests/request-counts.ts'
import { type HistogramMetric, type Labels, type SampledMetric, sampleOf } from './metric.ts'

export const REQUEST_METRICS: readonly SampledMetric[] = [
  {
    name: 'halyard_relay_requests_total',
    type: 'counter',
    help: 'Requests by the template of their path. Requests of operators and refused credentials have no environment; status 499 means that the connection closed before the answer.',
    samples: ({ requests }) =>
      requests.counts.map(({ client, method, route, status, count }) => ({
        labels: { ...clientLabels(client), method, route, status: String(status) },
        value: count,
      })),
  },
  {
    name: 'halyard_relay_active_requests',
    type: 'gauge',
    help: 'Requests that are being answered, and open streams.',
    samples: ({ requests }) => sampleOf(requests.active),
  },
  {
    name: 'halyard_relay_streams',
    type: 'gauge',
    help: 'Open streams of clients by SDK.',
    samples: ({ requests }) =>
      requests.streams.map(({ client, open }) => ({ labels: clientLabels(client), value: open })),
  },
]

export const REQUEST_DURATION: HistogramMetric = {
  name: 'halyard_relay_request_duration_seconds',
  type: 'histogram',
  help: 'Time from the headers of a request until the answer was passed to the operating system. For a stream, until it began.',
  bounds: DURATION_BUCKETS,
  histograms: ({ requests }) =>
    requests.durations.map(({ method, route, status, buckets, sum }) => ({
      labels: { method, route, status: String(status) },
      buckets,
      sum,
    })),
}

/** Returns empty labels, which Prometheus treats as absent, if there is no client. */
function clientLabels(client: RequestClient | undefined): Labels {
  return {
    environment: client?.environment ?? '',
    platform: client?.audience ?? '',
    sdk: client?.sdk.name ?? '',
    sdk_version: client?.sdk.version ?? '',
  }
}
