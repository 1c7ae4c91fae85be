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
 * Gives a meter everything that is measured: each time it collects, the relay is looked at once. A meter that throws affects
 * nothing but its own metrics.
 *
 * @param onError receives the first failure of the meter.
 */
export function observeMetrics(
  meter: Meter,
  look: () => MetricsInput,
  onError: (error: unknown) => void,
): Undo {
  const warned = new WarnOnce()
  const report = (error: unknown): void => {
    if (warned.isFirst()) onError(error)
  }
  return callSafely(() => observeWith(meter, look, report), report) ?? ((): void => {})
}

function observeWith(meter: Meter, look: () => MetricsInput, report: (error: unknown) => void): Undo {
  const instruments = METRICS.map((metric) => ({ metric, instrument: instrumentOf(metric, meter) }))
  const observables = instruments.map(({ instrument }) => instrument)
  const callback: ObserveAll = (result) => {
    const seen = look()
    for (const { metric, instrument } of instruments) {
      for (const { labels, value } of metric.samples(seen))
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

/** The name tells it, as Prometheus has it. */
function unitOf(name: string): { readonly unit?: string } {
  if (name.endsWith('_seconds')) return { unit: 's' }
  return name.endsWith('_bytes_total') ? { unit: 'By' } : {}
}

/** What is used of the package. */
interface Api {
  readonly metrics: { getMeter(name: string, version?: string): Meter }
  createNoopMeter(): Meter
}

const PEER: Peer = { root: '[OpenTelemetry] enabled', name: '@opentelemetry/api' }

/**
 * Returns the meter of the MeterProvider that is registered with OpenTelemetry in this process. Rejects with a
 * {@link ConfigError} if the package is missing, and warns if no provider is registered, since nothing is exported then.
 * Returns undefined, with a line in the log, if the provider throws.
 */
export async function globalMeter(logger: Logger): Promise<Meter | undefined> {
  const api = await loadApi()
  const meter = callSafely(
    () => api.metrics.getMeter('halyard-relay', VERSION),
    (error) => logger.error(`OpenTelemetry gave no meter (${errorText(error)}): nothing is exported`),
  )
  if (meter === api.createNoopMeter()) {
    const why = `no MeterProvider is registered with ${PEER.name}`
    logger.warn(`OpenTelemetry is enabled, but ${why}: nothing is exported`)
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
 * What is used of a meter of `@opentelemetry/api`, which is one of these. Described here, so that who does without
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

/** Whatever a meter creates: it is only handed back. */
export type Instrument = object

type ObserveAll = (result: {
  observe(instrument: Instrument, value: number, attributes?: Record<string, string>): void
}) => void
