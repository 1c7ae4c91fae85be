import { callSafely, handleRejection } from '../../async/call-safely.ts'
import type { Undo } from '../../async/clock.ts'
import { VERSION } from '../../config/request-headers.ts'
import { errorText } from '../../model/error-text.ts'
import type { Logger } from '../../model/logger.ts'
import { WarnOnce } from '../../model/warn-once.ts'
import { type Peer, peerError } from '../../options/load-peer.ts'
import type { Metric, MetricsInput } from './metric.ts'
import { METRICS } from './table.ts'

/**
 * Registers all metrics with a meter, and returns a function that removes them. Each collection reads the state of the relay
 * once. Errors of the meter are caught, and affect only its own metrics.
 *
 * @param onError receives the first error of the meter.
 */
export function observeMetrics(
  meter: Meter,
  readInput: () => MetricsInput,
  onError: (error: unknown) => void,
): Undo {
  const warned = new WarnOnce()
  const report = (error: unknown): void => {
    if (warned.isFirst()) onError(error)
  }
  return callSafely(() => observeWith(meter, readInput, report), report) ?? ((): void => {})
}

function observeWith(meter: Meter, readInput: () => MetricsInput, report: (error: unknown) => void): Undo {
  const instruments = METRICS.map((metric) => ({ metric, instrument: instrumentOf(metric, meter) }))
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

function instrumentOf({ name, type, help }: Metric, meter: Meter): object {
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

interface Api {
  readonly metrics: { getMeter(name: string, version?: string): Meter }
  createNoopMeter(): Meter
}

const PEER: Peer = { root: '[OpenTelemetry] enabled', name: '@opentelemetry/api' }

/**
 * Returns the meter of the MeterProvider that is registered with OpenTelemetry in this process. Rejects with a
 * {@link ConfigError} if the package is missing. Logs a warning if no provider is registered, because nothing is exported in that
 * case. Returns undefined and logs an error if the provider throws.
 */
export async function globalMeter(logger: Logger): Promise<Meter | undefined> {
  const api = await loadApi()
  const meter = callSafely(
    () => api.metrics.getMeter('halyard-relay', VERSION),
    (error) =>
      logger.error(
        `OpenTelemetry: the provider failed to create a meter (${errorText(error)}); no metrics are exported`,
      ),
  )
  if (meter === api.createNoopMeter()) {
    const cause = `no MeterProvider is registered with ${PEER.name}`
    logger.warn(`OpenTelemetry: ${cause}, so no metrics are exported; register one before the relay starts`)
  }
  return meter
}

async function loadApi(): Promise<Api> {
  try {
    return await import('@opentelemetry/api')
  } catch (cause) {
    throw peerError(PEER, cause)
  }
}

/**
 * The methods of a meter of `@opentelemetry/api` that the relay uses. They are declared here so that programs without
 * OpenTelemetry need not install its types.
 */
export interface Meter {
  createObservableGauge(name: string, options?: InstrumentOptions): Instrument
  createObservableCounter(name: string, options?: InstrumentOptions): Instrument
  addBatchObservableCallback(callback: ObserveAll, instruments: Instrument[]): void
  removeBatchObservableCallback(callback: ObserveAll, instruments: Instrument[]): void
}

export interface InstrumentOptions {
  readonly description?: string
  readonly unit?: string
}

/** An instrument of the meter, which the relay only passes back to it. */
export type Instrument = object

type ObserveAll = (result: {
  observe(instrument: Instrument, value: number, attributes?: Record<string, string>): void
}) => void
