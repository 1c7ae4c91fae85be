import { type DocumentEndpoint, textAnswer } from '../endpoint.ts'
import { oncePerState } from '../status/relay-state.ts'
import type { HistogramSample, Labels, Metric, MetricsInput, Sample } from './metric.ts'
import { METRICS } from './table.ts'

const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Returns metrics in the text format of Prometheus. A metric without samples is omitted. */
export function prometheusText(metrics: readonly Metric[], input: MetricsInput): string {
  return metrics.map((metric) => family(metric, linesOf(metric, input))).join('')
}

function family({ name, type, help }: Metric, lines: readonly string[]): string {
  return lines.length === 0
    ? ''
    : `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n${lines.join('')}`
}

function linesOf(metric: Metric, input: MetricsInput): readonly string[] {
  const { name } = metric
  if (metric.type !== 'histogram') return metric.samples(input).map((sample) => line(name, sample))
  return metric.histograms(input).flatMap((histogram) => histogramLines(name, metric.bounds, histogram))
}

/** Returns the lines of one histogram. Prometheus wants the number of values up to each bound, not between two. */
function histogramLines(
  name: string,
  bounds: readonly number[],
  { labels, buckets, sum }: HistogramSample,
): readonly string[] {
  let count = 0
  const bucketLines = [...bounds, Infinity].map((bound, index) => {
    count += buckets[index] ?? 0
    return line(`${name}_bucket`, { labels: { ...labels, le: valueText(bound) }, value: count })
  })
  return [
    ...bucketLines,
    line(`${name}_sum`, { labels, value: sum }),
    line(`${name}_count`, { labels, value: count }),
  ]
}

function line(name: string, { labels, value }: Sample): string {
  return `${name}${labelsText(labels)} ${valueText(value)}\n`
}

function labelsText(labels: Labels): string {
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

const answerTo = oncePerState(({ view, requests, config: { disconnectedStatusMs } }) =>
  textAnswer(PROMETHEUS_TYPE, prometheusText(METRICS, { view, requests, disconnectedStatusMs })),
)
