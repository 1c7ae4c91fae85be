import type { EnvironmentView, RelayView, StoreView } from '../view.ts'

export type Labels = Readonly<Record<string, string>>

export interface Sample {
  readonly labels: Labels
  readonly value: number
}

export interface MetricsInput {
  readonly view: RelayView
  readonly disconnectedStatusMs: number
}

export interface Metric {
  /** The name, which ends in the unit, and for a counter in `_total`, as Prometheus recommends. */
  readonly name: string
  /** A counter restarts at 0 when the relay or the environment restarts. */
  readonly type: 'gauge' | 'counter'
  readonly help: string
  readonly samples: (input: MetricsInput) => readonly Sample[]
}

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
): Metric['samples'] {
  return (input) =>
    input.view.environments.flatMap((environment) =>
      samples(environment, input).map(({ labels, value }) => ({
        labels: { environment: environment.name, ...labels },
        value,
      })),
    )
}

export function perStore(samples: (store: StoreView) => readonly Sample[]): Metric['samples'] {
  return perEnvironment(({ store }) => (store ? samples(store) : []))
}
