import { callSafely } from '../../async/call-safely.ts'
import { VERSION } from '../../config/request-headers.ts'
import { errorText } from '../../model/error-text.ts'
import type { Logger } from '../../model/logger.ts'
import { WarnOnce } from '../../model/warn-once.ts'
import { type Peer, peerError } from '../../options/load-peer.ts'
import type { Meter } from '../metrics/opentelemetry.ts'
import type { TraceApi, Tracer } from './trace-api.ts'
import { Tracing } from './tracing.ts'

/** The providers that are registered with OpenTelemetry in this process. */
export interface Telemetry {
  readonly meter?: Meter
  readonly tracing?: Tracing
}

const PEER: Peer = { root: '[OpenTelemetry] enabled', name: '@opentelemetry/api' }

/** The name of the meter and of the tracer. */
const SCOPE = 'halyard-relay'

/**
 * Returns the meter of the registered MeterProvider, and a tracer if a TracerProvider is registered. Rejects with a
 * {@link ConfigError} if the package is missing. Logs a warning if neither is registered, because nothing is exported in that
 * case, and an error if a provider throws.
 */
export async function registeredTelemetry(logger: Logger): Promise<Telemetry> {
  const api = await loadApi()
  const failed =
    (kind: string) =>
    (error: unknown): void =>
      logger.error(
        `OpenTelemetry: the provider failed to create a ${kind} (${errorText(error)}), so none is exported`,
      )
  const meter = callSafely(() => api.metrics.getMeter(SCOPE, VERSION), failed('meter'))
  const tracer = callSafely(() => api.trace.getTracer(SCOPE, VERSION), failed('tracer'))
  const isTracing = tracer !== undefined && isRegistered(tracer)
  if (meter === api.createNoopMeter() && !isTracing)
    logger.warn(
      `OpenTelemetry: no provider is registered with ${PEER.name}, so neither metrics nor traces are exported; for \`halyard relay\`, run npm install @opentelemetry/sdk-node; a program registers a provider before it starts the relay`,
    )
  return {
    ...(meter && { meter }),
    ...(isTracing && { tracing: new Tracing(api, tracer, reportOnce(logger)) }),
  }
}

/** Returns true if a MeterProvider or a TracerProvider is registered. Rejects like {@link registeredTelemetry}. */
export async function hasProvider(): Promise<boolean> {
  const api = await loadApi()
  return api.metrics.getMeter(SCOPE) !== api.createNoopMeter() || isRegistered(api.trace.getTracer(SCOPE))
}

/** Without a provider, the spans of OpenTelemetry's API have an invalid context. A span that is not sampled has a valid one. */
function isRegistered(tracer: Tracer): boolean {
  const span = tracer.startSpan('halyard.probe')
  return !/^0*$/.test(span.spanContext().traceId)
}

function reportOnce(logger: Logger): (error: unknown) => void {
  const warned = new WarnOnce()
  return (error) => {
    if (warned.isFirst())
      logger.error(
        `OpenTelemetry: the tracer failed (${errorText(error)}); some spans are not exported (further failures are not logged)`,
      )
  }
}

interface Api extends TraceApi {
  readonly metrics: { getMeter(name: string, version?: string): Meter }
  createNoopMeter(): Meter
}

async function loadApi(): Promise<Api> {
  try {
    return await import('@opentelemetry/api')
  } catch (cause) {
    throw peerError(PEER, cause)
  }
}
