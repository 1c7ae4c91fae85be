import { callSafely, handleRejection } from '../../../async/call-safely.ts'
import type { Undo } from '../../../async/clock.ts'
import type { Meter, ObserveAll } from './meter.ts'
import type { Look, Metric } from './metric.ts'
import { METRICS } from './table.ts'

/**
 * Gives a meter everything that is measured: each time it collects, the relay is looked at once. A meter that throws affects
 * nothing but its own metrics.
 *
 * @param onError receives the first failure of the meter.
 */
export function observe(meter: Meter, look: () => Look, onError: (error: unknown) => void): Undo {
  let reported = false
  const report = (error: unknown): void => {
    if (!reported) onError(error)
    reported = true
  }
  return callSafely(() => observeWith(meter, look, report), report) ?? ((): void => {})
}

function observeWith(meter: Meter, look: () => Look, report: (error: unknown) => void): Undo {
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
