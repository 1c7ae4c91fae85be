import type { RequestsView } from '../requests/request-counts.ts'
import type { EnvironmentView, RelayView, StoreView } from '../view.ts'

export type Labels = Readonly<Record<string, string>>

export interface Sample {
  readonly labels: Labels
  readonly value: number
}

export interface MetricsInput {
  readonly view: RelayView
  readonly requests: RequestsView
  readonly disconnectedStatusMs: number
}

/** The distribution of values with the same labels. */
export interface HistogramSample {
  readonly labels: Labels
  /** Number of values for each bound, and of larger ones. Not cumulative. */
  readonly buckets: readonly number[]
  readonly sum: number
}

interface MetricHead {
  /** The name, which ends in the unit, and for a counter in `_total`, as Prometheus recommends. */
  readonly name: string
  readonly help: string
}

export interface SampledMetric extends MetricHead {
  /** A counter restarts at 0 when the relay or the environment restarts. */
  readonly type: 'gauge' | 'counter'
  readonly samples: (input: MetricsInput) => readonly Sample[]
}

export interface HistogramMetric extends MetricHead {
  readonly type: 'histogram'
  /** The inclusive upper bounds of the buckets, in ascending order. A further bucket has no bound. */
  readonly bounds: readonly number[]
  readonly histograms: (input: MetricsInput) => readonly HistogramSample[]
}

export type Metric = SampledMetric | HistogramMetric

/** Returns one sample for each possible state: 1 for the current one, 0 for the others. */
export function stateSamples<S extends string>(label: string, states: readonly S[], current: S): Sample[] {
  return states.map((state) => ({ labels: { [label]: state }, value: state === current ? 1 : 0 }))
}

export function sampleOf(value: number | undefined, labels: Labels = {}): Sample[] {
  return value === undefined ? [] : [{ labels, value }]
}

export function binary(is: unknown): number {
  return is ? 1 : 0
}

export function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1_000
}

export function perEnvironment(
  samples: (environment: EnvironmentView, input: MetricsInput) => readonly Sample[],
): SampledMetric['samples'] {
  return (input) =>
    input.view.environments.flatMap((environment) =>
      samples(environment, input).map(({ labels, value }) => ({
        labels: { environment: environment.name, ...labels },
        value,
      })),
    )
}

export function perStore(samples: (store: StoreView) => readonly Sample[]): SampledMetric['samples'] {
  return perEnvironment(({ store }) => (store ? samples(store) : []))
}
