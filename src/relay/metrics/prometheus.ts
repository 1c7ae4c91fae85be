import { type DocumentEndpoint, textAnswer } from '../endpoint.ts'
import { oncePerState } from '../status/relay-state.ts'
import type { Metric, MetricsInput, Sample } from './metric.ts'
import { METRICS } from './table.ts'

/** The media type of {@link prometheusText}. */
const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Metrics as Prometheus reads them. One without a sample at the moment is left out. */
export function prometheusText(metrics: readonly Metric[], look: MetricsInput): string {
  return metrics.map((metric) => family(metric, metric.samples(look))).join('')
}

function family({ name, type, help }: Metric, samples: readonly Sample[]): string {
  if (samples.length === 0) return ''
  const head = `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n`
  return (
    head + samples.map(({ labels, value }) => `${name}${labelsText(labels)} ${valueText(value)}\n`).join('')
  )
}

function labelsText(labels: Sample['labels']): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${quotable(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function quotable(value: string): string {
  return escaped(value).replaceAll('"', '\\"')
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

/** JavaScript's digits are Go's, but for what is no number. */
function valueText(value: number): string {
  if (Number.isFinite(value)) return String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}

/** `/metrics`: everything that is measured, as Prometheus reads it. No key is in it, not even a masked one. */
export const metrics: DocumentEndpoint = (_target, state) => answerTo(state())

const answerTo = oncePerState(({ view, config: { disconnectedStatusMs } }) =>
  textAnswer(PROMETHEUS_TYPE, prometheusText(METRICS, { view, disconnectedStatusMs })),
)
