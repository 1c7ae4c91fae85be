import { VERSION } from '../../../config/version.ts'
import type { Logger } from '../../../model/logger.ts'
import { loadPeer, type Peer } from '../../../store/options/load-peer.ts'
import type { Meter } from './meter.ts'

/** What is used of the package. */
interface Api {
  readonly metrics: { getMeter(name: string, version?: string): Meter }
  createNoopMeter(): Meter
}

const PEER: Peer = { root: '[OpenTelemetry] enabled', name: '@opentelemetry/api' }

/**
 * The meter of whoever has registered with OpenTelemetry in this process. Throws a {@link ConfigError} where the package is
 * missing, and warns where nobody has registered, since nothing is exported then.
 */
export function globalMeter(logger: Logger, load: (peer: Peer) => unknown = loadPeer): Meter {
  const api = load(PEER) as Api
  const meter = api.metrics.getMeter('halyard-relay', VERSION)
  if (meter === api.createNoopMeter()) {
    const why = `no MeterProvider is registered with ${PEER.name}`
    logger.warn(`OpenTelemetry is enabled, but ${why}: nothing is exported`)
  }
  return meter
}
