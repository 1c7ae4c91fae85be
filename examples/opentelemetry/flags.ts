import { metrics, trace } from '@opentelemetry/api'
import { createClient, type FlagClient, type Hook, presets } from 'halyard'

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

/** Publishes the status of the data: whether its source is well, and the time since its last sign of life. */
function publishStatus(client: FlagClient): void {
  const meter = metrics.getMeter('shop')
  meter.createObservableGauge('flags.valid').addCallback((gauge) => {
    const { state, source } = client.status.current
    gauge.observe(state === 'valid' ? 1 : 0, { state, ...(source && { source }) })
  })
  meter.createObservableGauge('flags.age', { unit: 's' }).addCallback((gauge) => {
    const { ageMs } = client.status.current
    if (ageMs !== undefined) gauge.observe(ageMs / 1_000)
  })
}

const { SDK_KEY = 'sdk-local', FLAGS_URL = 'http://127.0.0.1:8765' } = process.env

export const client = createClient(SDK_KEY, {
  dataSystem: presets.default(),
  endpoints: { polling: FLAGS_URL, streaming: FLAGS_URL, events: FLAGS_URL }, // remove for the hosted service
  hooks: [tracing],
})
publishStatus(client)
