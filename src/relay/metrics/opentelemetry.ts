import { callSafely, handleRejection } from '../../async/call-safely.ts'
import type { Undo } from '../../async/clock.ts'
import { errorText } from '../../model/error-text.ts'
import type { Logger } from '../../model/logger.ts'
import { WarnOnce } from '../../model/warn-once.ts'
import type { RelayConfig } from '../config/relay-config.ts'
import { type AnsweredRequest, DURATION_BUCKETS } from '../requests/request-counts.ts'
import type { MetricsInput, SampledMetric } from './metric.ts'
import { SAMPLED_METRICS, STATUS_METRICS } from './table.ts'

/** The metrics of a relay in a meter. */
export interface MeterExport {
  /** Adds the duration of a request to the histogram. The meter reads all other metrics when it collects. */
  record(request: AnsweredRequest): void
  /** Removes the metrics that the meter reads. */
  stop(): void
}

export interface MeterOptions {
  readonly readInput: () => MetricsInput
  readonly metrics: readonly SampledMetric[]
  /** Receives the first error of the meter. */
  readonly onError: (error: unknown) => void
}

export interface MetricsExportOptions {
  readonly config: Pick<RelayConfig, 'environmentStatusMetrics'>
  readonly readInput: () => MetricsInput
  readonly logger: Logger
}

/** Exports the metrics of the relay through a meter of OpenTelemetry, and logs the first error of the meter. */
export function exportMetrics(meter: Meter, options: MetricsExportOptions): MeterExport {
  const { config, readInput, logger } = options
  const { environmentStatusMetrics = true } = config
  return observeMetrics(meter, {
    readInput,
    metrics: SAMPLED_METRICS.filter((metric) => environmentStatusMetrics || !STATUS_METRICS.has(metric)),
    onError: (error) =>
      logger.error(
        `OpenTelemetry: the meter failed (${errorText(error)}); some metrics are not exported, but /metrics has all of them (further failures are not logged)`,
      ),
  })
}

/**
 * Registers the metrics and the durations of requests with a meter. Each collection reads the state of the relay once. Errors of
 * the meter are caught, and affect only its own metrics.
 */
export function observeMetrics(meter: Meter, { readInput, metrics, onError }: MeterOptions): MeterExport {
  const warned = new WarnOnce()
  const report = (error: unknown): void => {
    if (warned.isFirst()) onError(error)
  }
  const stop = callSafely(() => observeWith(meter, { readInput, metrics, onError: report }), report)
  const durations = callSafely(() => meter.createHistogram(DURATION, DURATION_OPTIONS), report)
  return {
    record(request) {
      if (durations) callSafely(() => durations.record(request.seconds, attributesOf(request)), report)
    },
    stop: () => stop?.(),
  }
}

/** The name and the attributes of the durations are those of OpenTelemetry's conventions, which dashboards know. */
const DURATION = 'http.server.request.duration'

const DURATION_OPTIONS: InstrumentOptions = {
  description: 'Duration of HTTP server requests; for a stream, until it began.',
  unit: 's',
  advice: { explicitBucketBoundaries: [...DURATION_BUCKETS] },
}

function attributesOf({ method, route, status }: AnsweredRequest): MetricAttributes {
  return { 'http.request.method': method, 'http.route': route, 'http.response.status_code': status }
}

function observeWith(meter: Meter, { readInput, metrics, onError: report }: MeterOptions): Undo {
  const instruments = metrics.map((metric) => ({ metric, instrument: instrumentOf(metric, meter) }))
  const observables = instruments.map(({ instrument }) => instrument)
  const callback: ObserveAll = (result) => {
    const input = readInput()
    for (const { metric, instrument } of instruments) {
      for (const { labels, value } of metric.samples(input))
        callSafely<unknown>(() => result.observe(instrument, value, labels), report)
    }
  }
  handleRejection(meter.addBatchObservableCallback(callback, observables), report)
  return () => callSafely(() => meter.removeBatchObservableCallback(callback, observables), report)
}

function instrumentOf({ name, type, help }: SampledMetric, meter: Meter): object {
  const options = { description: help, ...unitOf(name) }
  switch (type) {
    case 'gauge':
      return meter.createObservableGauge(name, options)
    case 'counter':
      return meter.createObservableCounter(name, options)
    default:
      return type satisfies never
  }
}

function unitOf(name: string): { readonly unit?: string } {
  if (name.endsWith('_seconds')) return { unit: 's' }
  return name.endsWith('_bytes_total') ? { unit: 'By' } : {}
}

/**
 * The methods of a meter of `@opentelemetry/api` that the relay uses. They are declared here so that programs without
 * OpenTelemetry need not install its types.
 */
export interface Meter {
  /** Creates an instrument for values that rise and fall. */
  createObservableGauge(name: string, options?: InstrumentOptions): Instrument
  /** Creates an instrument for values that only rise. */
  createObservableCounter(name: string, options?: InstrumentOptions): Instrument
  /** Creates an instrument for the durations of requests. */
  createHistogram(name: string, options?: InstrumentOptions): Histogram
  /** Registers a callback that reports the values of these instruments at each collection. */
  addBatchObservableCallback(callback: ObserveAll, instruments: Instrument[]): void
  /** Removes a callback. */
  removeBatchObservableCallback(callback: ObserveAll, instruments: Instrument[]): void
}

/** The description of an instrument. */
export interface InstrumentOptions {
  /** The meaning of the values, as a sentence. */
  readonly description?: string
  /** The unit in the notation of UCUM, for example `s` or `By`. */
  readonly unit?: string
  /** The boundaries of the buckets of a histogram. */
  readonly advice?: { explicitBucketBoundaries?: number[] }
}

/** A histogram of the meter. */
export interface Histogram {
  /** Records one value. */
  record(value: number, attributes?: MetricAttributes): void
}

/** The labels of a measurement. */
export type MetricAttributes = Record<string, string | number>

/** An instrument of the meter, which the relay only passes back to it. */
export type Instrument = object

/** A callback that reports the values of all observable instruments. */
export type ObserveAll = (result: {
  observe(instrument: Instrument, value: number, attributes?: Record<string, string>): void
}) => void
