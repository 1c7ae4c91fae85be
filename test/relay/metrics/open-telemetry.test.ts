import { metrics } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { expect, it, onTestFinished } from 'vitest'
import { rethrow } from '../../../src/async/listeners.ts'
import { startRelay } from '../../../src/relay/index.ts'
import type { MetricsInput } from '../../../src/relay/metrics/metric.ts'
import { type Meter, type MeterExport, observeMetrics } from '../../../src/relay/metrics/opentelemetry.ts'
import { SAMPLED_METRICS } from '../../../src/relay/metrics/table.ts'
import { DURATION_BUCKETS, type RequestsView } from '../../../src/relay/requests/request-counts.ts'
import { registeredTelemetry } from '../../../src/relay/telemetry/registered.ts'
import { notes } from '../../client/starting.ts'
import {
  DISTINCT_COUNTS,
  environmentView,
  metricsInput,
  NOW,
  relayView,
  sourceView,
  storeView,
} from '../status/views.ts'

/** Sets up OpenTelemetry as a program does, with an export that the test triggers. */
function telemetry() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const provider = new MeterProvider({ readers: [reader] })
  onTestFinished(() => provider.shutdown())
  const collect = async () => {
    exporter.reset()
    await reader.forceFlush()
    return exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
  }
  return { provider, collect }
}

/** Registers all metrics with a meter. */
function observe(meter: Meter, readInput: () => MetricsInput): MeterExport {
  return observeMetrics(meter, { readInput, metrics: SAMPLED_METRICS, onError: rethrow })
}

const full = environmentView({
  envId: '6488674d',
  revision: { version: 57, fingerprint: 5 },
  recent: [{ at: NOW, type: 'full', puts: 4, deletes: 0, items: [] }],
  source: sourceView({
    lastError: { kind: 'network_error', message: 'x', at: NOW - 1_000, source: 'polling' },
  }),
  archivedAt: NOW,
  store: storeView({
    latencyMs: 12,
    lastError: { kind: 'unavailable', message: 'x', at: NOW },
    cache: { hits: 10, misses: 3 },
  }),
  bigSegments: {
    state: 'waiting',
    available: true,
    stale: true,
    staleIsDegraded: false,
    synchronizedOn: NOW - 900_000,
    patches: 8,
  },
  ...DISTINCT_COUNTS,
})

const client = { environment: 'test', audience: 'server', sdk: { name: 'Node', version: '9.7.1' } } as const
const polls = { client, method: 'GET', route: '/sdk/poll', status: 200 } as const

const requests: RequestsView = {
  counts: [{ ...polls, count: 5 }],
  durations: [],
  streams: [{ client, open: 1 }],
  active: 3,
}

const autoConfig = { state: 'valid', since: NOW, configuration: 'live' } as const
const certificate = { validFrom: NOW, expiresAt: NOW + 1_000 }

it('(S109) exports the same metrics to OpenTelemetry as to Prometheus', async () => {
  const { provider, collect } = telemetry()
  const look = metricsInput(
    { ...relayView(full, environmentView({ name: 'other' })), autoConfig, certificate },
    requests,
  )
  observe(provider.getMeter('test'), () => look)
  const collected = await collect()
  const told = collected.map(({ descriptor, dataPoints }) => [
    descriptor.name,
    descriptor.description,
    dataPoints.map(({ attributes, value }) => ({ labels: attributes, value })),
  ])
  expect(told).toEqual(SAMPLED_METRICS.map(({ name, help, samples }) => [name, help, samples(look)]))
  const units = Object.fromEntries(collected.map(({ descriptor: { name, unit } }) => [name, unit]))
  expect(units).toMatchObject({
    halyard_relay_data_age_seconds: 's',
    halyard_relay_sent_bytes_total: 'By',
    halyard_relay_clients: '',
  })
  const sums = collected.filter((metric) => 'isMonotonic' in metric && metric.isMonotonic)
  expect(sums.map(({ descriptor }) => descriptor.name)).toEqual(
    SAMPLED_METRICS.filter(({ type }) => type === 'counter').map(({ name }) => name),
  )
})

it('(S109.4) exports durations under the names of OpenTelemetry, without the client', async () => {
  const { provider, collect } = telemetry()
  const exported = observe(provider.getMeter('test'), () => metricsInput(relayView()))
  exported.record({ ...polls, seconds: 0.0007 })
  exported.record({ ...polls, seconds: 2 })
  const durations = (await collect()).find(({ descriptor }) => descriptor.name.startsWith('http.'))
  expect(durations?.descriptor).toMatchObject({ name: 'http.server.request.duration', unit: 's' })
  expect(durations?.dataPoints).toMatchObject([
    {
      attributes: {
        'http.request.method': 'GET',
        'http.route': '/sdk/poll',
        'http.response.status_code': 200,
      },
      value: { count: 2, sum: 2.0007, buckets: { boundaries: DURATION_BUCKETS } },
    },
  ])
})

it('(S109) reads the view once per collection, and not after the relay has closed', async () => {
  const { provider, collect } = telemetry()
  let looks = 0
  const exported = observe(provider.getMeter('test'), () => {
    looks += 1
    const source = sourceView({ state: looks === 1 ? 'valid' : 'off' })
    return metricsInput(relayView(environmentView({ source })))
  })
  const off = async () =>
    (await collect())
      .find(({ descriptor }) => descriptor.name === 'halyard_relay_source_state')
      ?.dataPoints.find(({ attributes }) => attributes.state === 'off')?.value
  expect([looks, await off(), looks, await off(), looks]).toEqual([0, 0, 1, 1, 2])
  exported.stop()
  await collect()
  expect(looks).toBe(2)
})

it('(S109) a counter restarts with its environment', async () => {
  const { provider, collect } = telemetry()
  let sent = 10
  observe(provider.getMeter('test'), () =>
    metricsInput(relayView(environmentView({ traffic: { ...full.traffic, bytesSent: sent } }))),
  )
  const bytes = async () =>
    (await collect()).find(({ descriptor }) => descriptor.name === 'halyard_relay_sent_bytes_total')
      ?.dataPoints[0]?.value
  expect(await bytes()).toBe(10)
  sent = 3
  expect(await bytes()).toBe(3)
})

const NO_PROVIDER =
  'warn: OpenTelemetry: no provider is registered with @opentelemetry/api, so neither metrics nor traces are exported; for `halyard relay`, run npm install @opentelemetry/sdk-node; a program registers a provider before it starts the relay'

it('(S109) warns if no provider is registered', async () => {
  const { log, logger } = notes()
  await registeredTelemetry(logger)
  expect(log).toEqual([NO_PROVIDER])
})

it('(S109) uses the provider that is registered in this process', async () => {
  const { provider, collect } = telemetry()
  metrics.setGlobalMeterProvider(provider)
  onTestFinished(() => metrics.disable())
  const { log, logger } = notes()
  const { meter } = await registeredTelemetry(logger)
  observe(meter as Meter, () => metricsInput({ ...relayView(full), autoConfig, certificate }, requests))
  expect((await collect()).length).toBe(SAMPLED_METRICS.length)
  expect(log).toEqual([])
})

const fail = (): never => {
  throw new Error('mine')
}

/** Meters that fail in different methods. */
const failing: Readonly<Record<string, (working: Meter) => Meter>> = {
  'cannot make instruments': (working) => ({ ...working, createObservableCounter: fail }),
  'cannot make a histogram': (working) => ({ ...working, createHistogram: fail }),
  'records nothing': (working) => ({ ...working, createHistogram: () => ({ record: fail }) }),
  'takes no callback': (working) => ({ ...working, addBatchObservableCallback: fail }),
  'returns a promise that rejects': (working) => ({
    ...working,
    addBatchObservableCallback: () => Promise.reject(new Error('mine')) as never,
  }),
  'observes nothing': (working) => ({
    ...working,
    addBatchObservableCallback(callback) {
      queueMicrotask(() => callback({ observe: fail }))
    },
  }),
  'does not let go': (working) => ({ ...working, removeBatchObservableCallback: fail }),
}

it.each(Object.entries(failing))(
  '(S141) logs a meter that %s once, without other effects',
  async (_, fault) => {
    const working: Meter = {
      createObservableGauge: (name) => ({ name }),
      createObservableCounter: (name) => ({ name }),
      createHistogram: () => ({ record() {} }),
      addBatchObservableCallback() {},
      removeBatchObservableCallback() {},
    }
    const { log, logger } = notes()
    const nowhere = 'http://127.0.0.1:1'
    const relay = await startRelay(
      {
        environments: [{ name: 'e', sdkKey: 'sdk-e' }],
        endpoints: { polling: nowhere, streaming: nowhere },
        port: 0,
        host: '127.0.0.1',
        initTimeoutMs: 1,
      },
      { logger, meter: fault(working) },
    )
    expect((await fetch(`${relay.url}/metrics`)).status).toBe(200)
    await relay.close()
    expect(log.filter((line) => line.includes('the meter failed (Error: mine)'))).toHaveLength(1)
  },
)
