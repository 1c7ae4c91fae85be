import type { EventsView } from '../events/event-service.ts'
import { binary, perEnvironment, type Sample, type SampledMetric, sampleOf } from './metric.ts'

/** The counts of a view by the values of the label `result`. */
const RESULTS = ['forwarded', 'dropped', 'failed', 'invalid', 'summarized'] as const

export const EVENT_METRICS: readonly SampledMetric[] = [
  {
    name: 'halyard_relay_events_received_total',
    type: 'counter',
    help: 'Events that SDKs sent. Absent if events are not forwarded, like all metrics of events.',
    samples: perForwarding(({ received }) => sampleOf(received)),
  },
  {
    name: 'halyard_relay_events_total',
    type: 'counter',
    help: 'Events by result: forwarded, dropped (a limit, or a refused credential), failed (twice, or too large), invalid (a body that is no array counts as one), or summarized (of a former schema).',
    samples: perForwarding((events) => RESULTS.flatMap((result) => sampleOf(events[result], { result }))),
  },
  {
    name: 'halyard_relay_events_queued',
    type: 'gauge',
    help: 'Events that wait or are being sent.',
    samples: perForwarding(({ queued }) => sampleOf(queued)),
  },
  {
    name: 'halyard_relay_events_queued_bytes',
    type: 'gauge',
    help: 'Memory of the payloads that are received, wait or are being sent.',
    samples: perForwarding(({ queuedBytes }) => sampleOf(queuedBytes)),
  },
  {
    name: 'halyard_relay_events_refused',
    type: 'gauge',
    help: 'Is 1 while events of a credential are dropped because the events service refused it.',
    samples: perForwarding(({ state }) => sampleOf(binary(state === 'refused'))),
  },
  {
    name: 'halyard_relay_diagnostics_total',
    type: 'counter',
    help: 'Diagnostics of SDKs that the events service accepted.',
    samples: perForwarding(({ diagnostics }) => sampleOf(diagnostics)),
  },
]

function perForwarding(samples: (events: EventsView) => readonly Sample[]): SampledMetric['samples'] {
  return perEnvironment(({ events }) =>
    events.state === 'off' || events.state === 'discarding' ? [] : samples(events),
  )
}
