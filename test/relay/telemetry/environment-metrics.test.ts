import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { expect, it, onTestFinished } from 'vitest'
import { at, start, upstream } from '../starting.ts'

/** Returns the names of the metrics of an environment that a relay exports. */
async function exportedBy(environmentStatusMetrics: boolean): Promise<ReadonlySet<string>> {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const provider = new MeterProvider({ readers: [reader] })
  onTestFinished(() => provider.shutdown())
  const config = { endpoints: at(await upstream('one')), environmentStatusMetrics }
  const relay = await start(config, { meter: provider.getMeter('test') })
  await relay.started
  expect(await (await fetch(`${relay.url}/metrics`)).text()).toContain('halyard_relay_source_state{')
  await reader.forceFlush()
  const metrics = exporter
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
  return new Set(metrics.map(({ descriptor }) => descriptor.name))
}

it('(S223.6) leaves out the metrics of sources, data and databases if environmentStatusMetrics is false', async () => {
  const names = ['halyard_relay_source_state', 'halyard_relay_data_age_seconds', 'halyard_relay_clients']
  const all = await exportedBy(true)
  expect(names.filter((name) => all.has(name))).toEqual(names)
  const few = await exportedBy(false)
  expect(names.filter((name) => few.has(name))).toEqual(['halyard_relay_clients'])
  expect(few).toContain('halyard_relay_status')
})
