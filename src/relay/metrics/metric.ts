import type { EnvironmentView, RelayView, StoreView } from '../view.ts'

export type Labels = Readonly<Record<string, string>>

export interface Sample {
  readonly labels: Labels
  readonly value: number
}

/** What a metric is read from. */
export interface MetricsInput {
  readonly view: RelayView
  readonly disconnectedStatusMs: number
}

/** A metric in the words that Prometheus and OpenTelemetry share. */
export interface Metric {
  /** Ends as Prometheus wants it: in its unit, and for a counter in `_total`. */
  readonly name: string
  /** A counter only grows, until the relay, or an environment of it, begins anew. */
  readonly type: 'gauge' | 'counter'
  readonly help: string
  readonly samples: (look: MetricsInput) => readonly Sample[]
}

/** One series for each state there is, so that none is left standing when another one is reached. */
export function stateSamples<S extends string>(label: string, states: readonly S[], current: S): Sample[] {
  return states.map((state) => ({ labels: { [label]: state }, value: state === current ? 1 : 0 }))
}

/** A single series, or none where there is nothing to tell. */
export function sampleOf(value: number | undefined, labels: Labels = {}): Sample[] {
  return value === undefined ? [] : [{ labels, value }]
}

export function binary(is: unknown): number {
  return is ? 1 : 0
}

/** Of milliseconds, which are ours; seconds are Prometheus'. */
export function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1_000
}

/** The samples of each environment, labelled with its name. */
export function perEnvironment(
  samples: (environment: EnvironmentView, look: MetricsInput) => readonly Sample[],
): Metric['samples'] {
  return (look) =>
    look.view.environments.flatMap((environment) =>
      samples(environment, look).map(({ labels, value }) => ({
        labels: { environment: environment.name, ...labels },
        value,
      })),
    )
}

/** The samples of each environment that has a database. */
export function perStore(samples: (store: StoreView) => readonly Sample[]): Metric['samples'] {
  return perEnvironment(({ store }) => (store ? samples(store) : []))
}
