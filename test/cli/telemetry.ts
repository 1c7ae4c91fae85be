// Loaded before `halyard relay`: sets up OpenTelemetry, which exports to a line of standard output ten times a second.
import { metrics } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'

class Printing extends InMemoryMetricExporter {
  override export(...[resource, done]: Parameters<InMemoryMetricExporter['export']>): void {
    const names = resource.scopeMetrics.flatMap((scope) =>
      scope.metrics.map(({ descriptor }) => descriptor.name),
    )
    const scopes = resource.scopeMetrics.map(({ scope }) => scope.name)
    console.log(`exported ${scopes.join()}: ${names.join(' ')}`)
    super.export(resource, done)
  }
}

const exporter = new Printing(AggregationTemporality.CUMULATIVE)
const reader = new PeriodicExportingMetricReader({
  exporter,
  exportIntervalMillis: 100,
  exportTimeoutMillis: 100,
})
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
