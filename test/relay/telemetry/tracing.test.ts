import * as api from '@opentelemetry/api'
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import fc from 'fast-check'
import { expect, it, onTestFinished } from 'vitest'
import { parseTraceparent } from '../../../src/relay/telemetry/tracing.ts'
import { startEventSink } from '../../../src/testing/index.ts'
import { notes } from '../../client/starting.ts'
import { SDK_KEY } from '../../support/engine.ts'
import { base64, ENV_ID, MOBILE_KEY, startClientSide } from '../client-side/starting.ts'
import { at, upstream } from '../starting.ts'

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
const PARENT_ID = 'b7ad6b7169203331'
const TRACEPARENT = `00-${TRACE_ID}-${PARENT_ID}-01`
const NODE = { authorization: SDK_KEY, 'x-launchdarkly-user-agent': 'NodeJSClient/9.7.1' }

/** Registers a provider of traces, and starts a relay that uses it. */
async function startTraced(config: Parameters<typeof startClientSide>[0] = {}) {
  const exporter = new InMemorySpanExporter()
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  api.trace.setGlobalTracerProvider(provider)
  onTestFinished(async () => {
    api.trace.disable()
    await provider.shutdown()
  })
  const { log, logger } = notes()
  const { relay } = await startClientSide({ openTelemetry: true, ...config }, { logger })
  const spans = (name: string): readonly ReadableSpan[] =>
    exporter.getFinishedSpans().filter((span) => span.name === name)
  return { relay, log, exporter, spans }
}

it('(S224.1) has a span for each request with method, route, status, environment, platform and SDK', async () => {
  const { relay, log, spans } = await startTraced()
  await (await fetch(`${relay.url}/sdk/poll?basis=x`, { headers: NODE })).text()
  await expect.poll(() => spans('GET /sdk/poll')).toHaveLength(1)
  expect(spans('GET /sdk/poll')).toMatchObject([
    {
      kind: api.SpanKind.SERVER,
      status: { code: api.SpanStatusCode.UNSET },
      attributes: {
        'http.request.method': 'GET',
        'http.route': '/sdk/poll',
        'http.response.status_code': 200,
        'launchdarkly.environment.name': 'test',
        'halyard.platform': 'server',
        'user_agent.name': 'NodeJSClient',
        'user_agent.version': '9.7.1',
      },
    },
  ])
  expect(log.filter((line) => line.includes('OpenTelemetry'))).toEqual([])
})

it('(S224.1) a request that fails with 5xx has the status of an error', async () => {
  const { relay, spans } = await startTraced()
  await (await fetch(`${relay.url}/bulk`, { method: 'POST', headers: NODE, body: '[]' })).text()
  await expect.poll(() => spans('POST /bulk')).toMatchObject([{ status: { code: api.SpanStatusCode.ERROR } }])
})

it('(S224.2) the span is a child of the span in traceparent, and keeps tracestate', async () => {
  const { relay, spans } = await startTraced()
  const headers = { ...NODE, traceparent: TRACEPARENT, tracestate: 'vendor=value' }
  await (await fetch(`${relay.url}/sdk/poll`, { headers })).text()
  await expect.poll(() => spans('GET /sdk/poll')).toHaveLength(1)
  const [span] = spans('GET /sdk/poll')
  expect(span?.spanContext()).toMatchObject({ traceId: TRACE_ID })
  expect(span?.parentSpanContext).toMatchObject({ spanId: PARENT_ID, isRemote: true })
  expect(span?.spanContext().traceState?.get('vendor')).toBe('value')
})

it.each(['', 'nonsense', `00-${'0'.repeat(32)}-${PARENT_ID}-01`, `ff-${TRACE_ID}-${PARENT_ID}-01`])(
  '(S224.2) an invalid traceparent (%j) begins a new trace',
  async (traceparent) => {
    const { relay, spans } = await startTraced()
    await (await fetch(`${relay.url}/sdk/poll`, { headers: { ...NODE, traceparent } })).text()
    await expect.poll(() => spans('GET /sdk/poll')).toHaveLength(1)
    expect(spans('GET /sdk/poll')[0]?.parentSpanContext).toBeUndefined()
  },
)

it('(S224.2) parses any traceparent of version 00, and no other text', () => {
  const hex = (length: number): fc.Arbitrary<string> =>
    fc.string({
      unit: fc.constantFrom(...'0123456789abcdef'.split('')),
      minLength: length,
      maxLength: length,
    })
  fc.assert(
    fc.property(hex(32), hex(16), hex(2), (traceId, spanId, flags) => {
      const isValid = !/^0+$/.test(traceId) && !/^0+$/.test(spanId)
      const traceFlags = Number.parseInt(flags, 16) & 1
      expect(parseTraceparent(`00-${traceId}-${spanId}-${flags}`)).toEqual(
        isValid ? { traceId, spanId, traceFlags } : undefined,
      )
      expect(parseTraceparent(`00-${traceId}-${spanId}-${flags}-more`)).toBeUndefined()
    }),
  )
  fc.assert(fc.property(fc.string(), (text) => parseTraceparent(text) === undefined))
})

it('(S224.3) evaluation and forwarding events are children of the span of their request', async () => {
  const sink = await startEventSink()
  onTestFinished(() => sink.close())
  const { relay, spans } = await startTraced({
    events: {
      send: true,
      url: sink.url,
      capacity: 1_000,
      maxPayloadBytes: 1e6,
      maxQueuedBytes: 1e7,
      flushIntervalMs: 1_000,
    },
  })
  const context = base64({ kind: 'user', key: 'u' })
  await (
    await fetch(`${relay.url}/msdk/evalx/contexts/${context}`, { headers: { authorization: MOBILE_KEY } })
  ).text()
  const body = JSON.stringify([{ kind: 'identify', creationDate: 1, context: { kind: 'user', key: 'u' } }])
  const headers = { ...NODE, 'content-type': 'application/json', 'x-launchdarkly-event-schema': '4' }
  await fetch(`${relay.url}/bulk`, { method: 'POST', headers, body })
  const parentOf = (name: string): string | undefined => spans(name)[0]?.parentSpanContext?.spanId
  const idOf = (name: string): string | undefined => spans(name)[0]?.spanContext().spanId
  await expect.poll(() => parentOf('relay.events.dispatch')).toBeDefined()
  await expect.poll(() => idOf('POST /bulk')).toBe(parentOf('relay.events.dispatch'))
  expect(parentOf('relay.flags.evaluate')).toBe(idOf('GET /msdk/evalx/contexts/{context}'))
  expect(spans('relay.response.write')).toEqual([])
})

it('(S224.3) writing is a child span if the client does not read the answer at once', async () => {
  const service = await upstream('x'.repeat(20_000_000))
  const { relay, spans } = await startTraced({ endpoints: at(service) })
  const response = await fetch(`${relay.url}/sdk/latest-all`, {
    headers: { ...NODE, 'accept-encoding': 'identity' },
  })
  expect(spans('GET /sdk/latest-all')).toEqual([])
  await response.arrayBuffer()
  await expect.poll(() => spans('GET /sdk/latest-all')).toHaveLength(1)
  expect(spans('relay.response.write')[0]?.parentSpanContext?.spanId).toBe(
    spans('GET /sdk/latest-all')[0]?.spanContext().spanId,
  )
})

it('(S224.4) spans contain no context, key or query', async () => {
  const { relay, exporter } = await startTraced()
  const context = base64({ kind: 'user', key: 'secret' })
  const paths = [
    `/sdk/evalx/${ENV_ID}/contexts/${context}?h=secret`,
    `/msdk/evalx/contexts/${context}`,
    `/sdk/poll/eval/${context}?auth=${ENV_ID}`,
    '/secret',
    '/status/secret',
  ]
  for (const path of paths) {
    const headers = { authorization: MOBILE_KEY, 'user-agent': 'a secret agent' }
    await (await fetch(relay.url + path, { headers })).text()
  }
  const texts = (): readonly string[] =>
    exporter
      .getFinishedSpans()
      .map(({ name, attributes, events }) => JSON.stringify([name, attributes, events]))
  await expect.poll(() => texts().filter((text) => text.includes('http.route'))).toHaveLength(paths.length)
  for (const secret of ['secret', context, ENV_ID, MOBILE_KEY]) expect(texts().join()).not.toContain(secret)
})

it('(S224.5) the span of a stream ends when the stream begins', async () => {
  const { relay, spans } = await startTraced()
  const leaving = new AbortController()
  onTestFinished(() => leaving.abort())
  await fetch(`${relay.url}/sdk/stream`, { headers: NODE, signal: leaving.signal })
  await expect.poll(() => spans('GET /sdk/stream')).toHaveLength(1)
})

it('(S224.6) a tracer that throws is logged once and affects no request', async () => {
  const fail = (): never => {
    throw new Error('mine')
  }
  const context = { traceId: TRACE_ID, spanId: PARENT_ID, traceFlags: 1 }
  let probed = false
  const probe = { spanContext: () => context, end() {} } as unknown as api.Span
  const startSpan = (): api.Span => {
    if (probed) fail()
    probed = true
    return probe
  }
  api.trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan, startActiveSpan: fail }) })
  onTestFinished(() => api.trace.disable())
  const { log, logger } = notes()
  const { relay } = await startClientSide({ openTelemetry: true }, { logger })
  for (let sent = 0; sent < 3; sent++)
    expect((await fetch(`${relay.url}/sdk/poll`, { headers: NODE })).status).toBe(200)
  expect(log.filter((line) => line.includes('the tracer failed (Error: mine)'))).toHaveLength(1)
})
