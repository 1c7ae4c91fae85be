import { callSafely } from '../../../async/call-safely.ts'
import { VERSION } from '../../../config/request-headers.ts'
import { errorText } from '../../../model/error-text.ts'
import type { Logger } from '../../../model/logger.ts'
import { type Peer, peerError } from '../../../options/load-peer.ts'
import type { Meter } from './meter.ts'

/** What is used of the package. */
interface Api {
  readonly metrics: { getMeter(name: string, version?: string): Meter }
  createNoopMeter(): Meter
}

const PEER: Peer = { root: '[OpenTelemetry] enabled', name: '@opentelemetry/api' }

/**
 * Returns the meter of the MeterProvider that is registered with OpenTelemetry in this process. Rejects with a
 * {@link ConfigError} if the package is missing, and warns if no provider is registered, since nothing is exported then.
 * Returns undefined, with a line in the log, if the provider throws.
 */
export async function globalMeter(logger: Logger): Promise<Meter | undefined> {
  const api = await loadApi()
  const meter = callSafely(
    () => api.metrics.getMeter('halyard-relay', VERSION),
    (error) => logger.error(`OpenTelemetry gave no meter (${errorText(error)}): nothing is exported`),
  )
  if (meter === api.createNoopMeter()) {
    const why = `no MeterProvider is registered with ${PEER.name}`
    logger.warn(`OpenTelemetry is enabled, but ${why}: nothing is exported`)
  }
  return meter
}

async function loadApi(): Promise<Api> {
  try {
    return await import('@opentelemetry/api')
  } catch (cause) {
    throw peerError(PEER, cause)
  }
}
