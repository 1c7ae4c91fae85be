import { type DocumentEndpoint, textAnswer } from '../endpoint.ts'
import { oncePerState } from '../status/relay-state.ts'
import type { Metric, MetricsInput, Sample } from './metric.ts'
import { METRICS } from './table.ts'

const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Returns metrics in the text format of Prometheus. A metric without samples is omitted. */
export function prometheusText(metrics: readonly Metric[], input: MetricsInput): string {
  return metrics.map((metric) => family(metric, metric.samples(input))).join('')
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

/** Returns a number as Go parses it; only the special values differ from JavaScript. */
function valueText(value: number): string {
  if (Number.isFinite(value)) return String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}

/** `/metrics`: all metrics for Prometheus. They contain no SDK keys, not even masked ones. */
export const metrics: DocumentEndpoint = (_target, state) => answerTo(state())

const answerTo = oncePerState(({ view, config: { disconnectedStatusMs } }) =>
  textAnswer(PROMETHEUS_TYPE, prometheusText(METRICS, { view, disconnectedStatusMs })),
)
