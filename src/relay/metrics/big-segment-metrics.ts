import type { BigSegmentsView } from '../view.ts'
import {
  binary,
  perEnvironment,
  type Sample,
  type SampledMetric,
  sampleOf,
  seconds,
  stateSamples,
} from './metric.ts'

export const BIG_SEGMENT_METRICS: readonly SampledMetric[] = [
  {
    name: 'halyard_relay_big_segments_state',
    type: 'gauge',
    help: 'State of the synchronization of big segments by this relay: 1 for the current state, 0 for the others. Absent without big segments.',
    samples: perBigSegments(({ state }) =>
      stateSamples('state', ['synchronizing', 'synchronized', 'waiting'], state),
    ),
  },
  {
    name: 'halyard_relay_big_segments_available',
    type: 'gauge',
    help: 'Is 1 if the database with the members of big segments answers.',
    samples: perBigSegments(({ available }) => sampleOf(binary(available))),
  },
  {
    name: 'halyard_relay_big_segments_stale',
    type: 'gauge',
    help: 'Is 1 if no relay has synchronized the members for bigSegmentsStaleThreshold.',
    samples: perBigSegments(({ stale }) => sampleOf(binary(stale))),
  },
  {
    name: 'halyard_relay_big_segments_synchronized_seconds',
    type: 'gauge',
    help: 'Time of the last synchronization in the database, as Unix time. Absent before the first one.',
    samples: perBigSegments(({ synchronizedOn }) => sampleOf(seconds(synchronizedOn))),
  },
  {
    name: 'halyard_relay_big_segments_patches_total',
    type: 'counter',
    help: 'Patches of big segments that this relay has written to the database.',
    samples: perBigSegments(({ patches }) => sampleOf(patches)),
  },
]

function perBigSegments(
  samples: (bigSegments: BigSegmentsView) => readonly Sample[],
): SampledMetric['samples'] {
  return perEnvironment(({ bigSegments }) => (bigSegments ? samples(bigSegments) : []))
}
