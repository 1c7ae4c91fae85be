import { trace } from '@opentelemetry/api'
import { createClient, type Hook, presets } from 'halyard'

/** Adds an event to the current span for each evaluation, with the names of OpenTelemetry's semantic conventions. */
const tracing: Hook = {
  getMetadata: () => ({ name: 'opentelemetry' }),
  afterEvaluation({ flagKey, context }, data, { value, variationIndex, reason }) {
    trace.getActiveSpan()?.addEvent('feature_flag.evaluation', {
      'feature_flag.key': flagKey,
      'feature_flag.provider.name': 'halyard',
      'feature_flag.context.id': typeof context.key === 'string' ? context.key : context.kind,
      'feature_flag.result.reason': reason.kind.toLowerCase(),
      'feature_flag.result.value': JSON.stringify(value),
      ...(variationIndex !== null && { 'feature_flag.result.variant': String(variationIndex) }),
    })
    return data
  },
}

const { FLAGS_URL = 'http://127.0.0.1:8765' } = process.env
const endpoints = { polling: FLAGS_URL, streaming: FLAGS_URL }
const client = createClient('sdk-key', {
  dataSystem: presets.default(),
  endpoints,
  sendEvents: false,
  hooks: [tracing],
})
await client.waitForInitialization({ timeoutMs: 5_000 })
await trace.getTracer('shop').startActiveSpan('GET /', async (span) => {
  console.log(await client.stringVariation('greeting', { kind: 'user', key: 'ada' }, 'Good day'))
  span.end()
})
await client.close()
