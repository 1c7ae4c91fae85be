import type { EventsView } from '../events/event-service.ts'
import type { UsageReader } from '../events/usage-view.ts'
import { binary, perEnvironment, type Sample, type SampledMetric, sampleOf } from './metric.ts'

/** The counts of a view by the values of the label `result`. */
const RESULTS = {
  forwarding: ['forwarded', 'dropped', 'failed', 'invalid', 'summarized'],
  counting: ['counted', 'dropped', 'invalid'],
} as const

export const EVENT_METRICS: readonly SampledMetric[] = [
  {
    name: 'halyard_relay_events_received_total',
    type: 'counter',
    help: 'Events that SDKs sent. Absent if events are neither forwarded nor counted, like all metrics of events.',
    samples: perReceiving(({ received }) => sampleOf(received)),
  },
  {
    name: 'halyard_relay_events_total',
    type: 'counter',
    help: 'Events by result: forwarded, dropped (a limit, or a refused credential), failed (twice, or too large), invalid (a body that is no array counts as one), or summarized (of a former schema). Where events are counted and not forwarded: counted, dropped, or invalid.',
    samples: perReceiving((events) =>
      RESULTS[events.state === 'counting' ? 'counting' : 'forwarding'].flatMap((result) =>
        sampleOf(events[result], { result }),
      ),
    ),
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
    samples: perReceiving(({ queuedBytes }) => sampleOf(queuedBytes)),
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
    help: 'Diagnostics of SDKs that the events service accepted, or that were received where events are counted.',
    samples: perReceiving(({ diagnostics }) => sampleOf(diagnostics)),
  },
  {
    name: 'halyard_relay_flag_evaluations_total',
    type: 'counter',
    help: 'Evaluations by flag and variation: an index, default (the flag gave no variation), or former (an index that the flag does not have any more). Only where events are counted. Beyond the limit of series, both labels are other.',
    samples: perUsage((usage) =>
      usage
        .series()
        .flatMap(({ flag = OTHER, variation = OTHER, total }) =>
          sampleOf(total, { flag, variation: String(variation) }),
        ),
    ),
  },
  {
    name: 'halyard_relay_unknown_flag_evaluations_total',
    type: 'counter',
    help: 'Evaluations of flags that the SDK or the relay does not have. Only where events are counted.',
    samples: perUsage(({ unknownEvaluations }) => sampleOf(unknownEvaluations)),
  },
]

/** No variation has this name, so that a flag with this key does not have the same labels. */
const OTHER = 'other'

function perReceiving(samples: (events: EventsView) => readonly Sample[]): SampledMetric['samples'] {
  return perEnvironment(({ events }) => (events.state === 'off' ? [] : samples(events)))
}

function perForwarding(samples: (events: EventsView) => readonly Sample[]): SampledMetric['samples'] {
  return perReceiving((events) => (events.state === 'counting' ? [] : samples(events)))
}

function perUsage(samples: (usage: UsageReader) => readonly Sample[]): SampledMetric['samples'] {
  return perEnvironment(({ events: { usage } }) => (usage ? samples(usage) : []))
}
