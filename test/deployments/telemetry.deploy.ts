import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { change } from '../support/stored.ts'
import { createApplication } from './support/application.ts'
import { startService } from './support/clients.ts'
import { startCollector } from './support/collector.ts'
import { PRODUCTION } from './support/relays.ts'
import { type Server, startRelay, startRelayOf } from './support/servers.ts'

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'

let parent = ''
let application = ''

beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), 'halyard-telemetry-'))
  const packages = ['@opentelemetry/api', '@opentelemetry/sdk-node']
  application = createApplication({ tarball: inject('tarball'), parent, packages })
})

afterAll(() => rmSync(parent, { recursive: true, force: true }))

async function configuration(openTelemetry = ''): Promise<string> {
  const service = await startService({ [PRODUCTION]: [change('a', 1, 'production')] })
  const main = `[Main]\nbaseUri = "${service.url}"\nstreamUri = "${service.url}"\n`
  return `${main}[OpenTelemetry]\nenabled = true\n${openTelemetry}[Environment "production"]\nsdkKey = "${PRODUCTION}"\n`
}

async function poll({ url }: Server, headers: Record<string, string> = {}): Promise<void> {
  const client = { authorization: PRODUCTION, 'x-launchdarkly-user-agent': 'NodeJSClient/9.7.1' }
  const response = await fetch(`${url}/sdk/poll`, { headers: { ...client, ...headers } })
  expect(response.status).toBe(200)
  await response.text()
}

it('(S223.1, S223.2) exports metrics and traces to a collector over OTLP/HTTP with JSON', async () => {
  const collector = await startCollector()
  const relay = await startRelayOf(await configuration(), {
    application,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=halyard',
      OTEL_METRIC_EXPORT_INTERVAL: '500',
      OTEL_METRIC_EXPORT_TIMEOUT: '400',
      OTEL_BSP_SCHEDULE_DELAY: '200',
    },
  })
  await poll(relay, { traceparent: `00-${TRACE_ID}-b7ad6b7169203331-01` })
  const spans = () => collector.spans().filter(({ name }) => name === 'GET /sdk/poll')
  await expect.poll(spans).toHaveLength(1)
  expect(spans()[0]).toMatchObject({
    kind: 2,
    traceId: TRACE_ID,
    parentSpanId: 'b7ad6b7169203331',
    attributes: {
      'http.route': '/sdk/poll',
      'http.response.status_code': 200,
      'launchdarkly.environment.name': 'production',
      'user_agent.name': 'NodeJSClient',
    },
  })
  const points = (name: string) => collector.metric(name)
  await expect
    .poll(() => points('halyard_relay_requests_total').map(({ attributes }) => attributes))
    .toContainEqual(expect.objectContaining({ environment: 'production', route: '/sdk/poll', status: '200' }))
  await expect
    .poll(() =>
      points('http.server.request.duration').map(({ attributes, count }) => ({ attributes, count })),
    )
    .toContainEqual({
      attributes: {
        'http.request.method': 'GET',
        'http.route': '/sdk/poll',
        'http.response.status_code': 200,
      },
      count: 1,
    })
  expect(points('halyard_relay_data_fingerprint')).toHaveLength(1)
  expect(collector.serviceNames()).toEqual(new Set(['halyard-relay']))
  expect(collector.headers()).toMatchObject({ 'x-tenant': 'halyard', 'content-type': 'application/json' })
  expect(collector.paths()).toEqual(new Set(['/v1/metrics', '/v1/traces']))
  expect(collector.text()).not.toContain(PRODUCTION)
})

it('(S223.4) exports what waits when it stops', async () => {
  const collector = await startCollector()
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }
  const relay = await startRelayOf(await configuration(), {
    application,
    // Nothing is exported before.
    env: { ...env, OTEL_BSP_SCHEDULE_DELAY: '600000', OTEL_METRIC_EXPORT_INTERVAL: '600000' },
  })
  await poll(relay)
  expect(collector.paths()).toEqual(new Set())
  relay.signal('SIGTERM')
  expect(await relay.ended).toBe(0)
  expect(collector.spans().map(({ name }) => name)).toContain('GET /sdk/poll')
  expect(collector.metric('http.server.request.duration').length).toBeGreaterThan(0)
})

it('(S223.3) limits the series of each metric', async () => {
  const collector = await startCollector()
  const relay = await startRelayOf(await configuration('metricsCardinalityLimit = 3\n'), {
    application,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_METRIC_EXPORT_INTERVAL: '300',
      OTEL_METRIC_EXPORT_TIMEOUT: '200',
      OTEL_TRACES_EXPORTER: 'none',
    },
  })
  for (const path of ['/sdk/poll', '/all', '/sdk/flags', '/sdk/flags/a', '/sdk/segments/b', '/healthz'])
    await (await fetch(relay.url + path, { headers: { authorization: 'wrong' } })).text()
  const overflows = () =>
    collector
      .metric('http.server.request.duration')
      .filter(({ attributes }) => attributes['otel.metric.overflow'] === true)
  await expect.poll(() => overflows().length).toBeGreaterThan(0)
  expect(collector.paths()).toEqual(new Set(['/v1/metrics']))
})

it('(S223.5) serves while no collector answers, and logs each different error once', async () => {
  const relay = await startRelayOf(await configuration(), {
    application,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      OTEL_EXPORTER_OTLP_TIMEOUT: '300',
      OTEL_METRIC_EXPORT_INTERVAL: '400',
      OTEL_METRIC_EXPORT_TIMEOUT: '350',
      OTEL_BSP_SCHEDULE_DELAY: '100',
    },
  })
  const warnings = () => relay.output().match(/\[warn\] OpenTelemetry: .*/g) ?? []
  for (let round = 0; round < 10; round++) {
    await poll(relay)
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  await expect.poll(() => warnings().length).toBeGreaterThan(0)
  expect(new Set(warnings()).size).toBe(warnings().length)
})

it('(S223.1, S109.3) without the SDK the relay serves, and its warning says what to install', async () => {
  const relay = await startRelayOf(await configuration(), {
    application: createApplication({ tarball: inject('tarball'), parent, packages: ['@opentelemetry/api'] }),
  })
  await poll(relay)
  expect(relay.output()).toContain('run npm install @opentelemetry/sdk-node')
})

it('(S109.2) without the API the relay does not start, and names the package', async () => {
  await expect(startRelay(await configuration())).rejects.toThrow(
    /the package @opentelemetry\/api to be installed/,
  )
})
