import type { Undo } from '../../../async/clock.ts'
import type { Meter, ObserveAll } from './meter.ts'
import type { Look, Metric } from './metric.ts'
import { METRICS } from './table.ts'

/** Gives a meter everything that is measured: each time it collects, the relay is looked at once. */
export function observe(meter: Meter, look: () => Look): Undo {
  const instruments = METRICS.map((metric) => ({ metric, instrument: instrumentOf(metric, meter) }))
  const observables = instruments.map(({ instrument }) => instrument)
  const callback: ObserveAll = (result) => {
    const seen = look()
    for (const { metric, instrument } of instruments) {
      for (const { labels, value } of metric.samples(seen)) result.observe(instrument, value, labels)
    }
  }
  meter.addBatchObservableCallback(callback, observables)
  return () => meter.removeBatchObservableCallback(callback, observables)
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
