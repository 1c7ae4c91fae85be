import { type Clock, systemClock, type Undo } from '../async/clock.ts'
import { Listeners } from '../async/listeners.ts'
import { sleep } from '../async/sleep.ts'
import type { ConnectionOptions } from '../config/config.ts'
import type { ReceivedEvent } from '../events/receive-payload.ts'
import type { Logger } from '../model/logger.ts'
import { WarnOnce } from '../model/warn-once.ts'
import type { AutoConfigView } from './auto-config/auto-config-status.ts'
import { ServingCertificate } from './certificate.ts'
import { refuseOtherOrigin } from './config/diff.ts'
import type { RelayConfig } from './config/relay-config.ts'
import { watchOpenFiles } from './connection-limit.ts'
import { ConnectionCounter } from './connections.ts'
import type { SourceOf } from './environment-plan.ts'
import { Environments } from './environments.ts'
import { NO_LISTENERS, openListeners, type RelayUrls } from './listeners.ts'
import { logOf } from './log.ts'
import { exportMetrics, type Meter, type MeterExport } from './metrics/opentelemetry.ts'
import { RelayReadings } from './readings.ts'
import { ObservedRequest, type ObserverOptions } from './requests/observed-request.ts'
import { RequestCounts } from './requests/request-counts.ts'
import { routes } from './routes.ts'
import { registeredTelemetry, type Telemetry } from './telemetry/registered.ts'
import type { RelayView } from './view.ts'

export interface RelayServerOptions {
  readonly logger?: Logger
  readonly console?: Logger
  readonly clock?: Clock
  /** An OpenTelemetry meter that receives the metrics, even if `openTelemetry` is not set. */
  readonly meter?: Meter
  /** `none`: the relay fills its database but serves nothing, and its URL is empty. Default `open`. */
  readonly ports?: 'open' | 'none'
  /** Options for the data systems of all environments, in addition to the configuration. */
  readonly common?: ConnectionOptions
  readonly sourceOf?: SourceOf
  /** Returns the modification time of the served archive, in milliseconds since the Unix epoch. Absent if none is served. */
  readonly archivedAt?: () => number
  /** Absent if the configuration lists the environments, or an archive has them. */
  readonly autoConfig?: AutoConfigSource
  /** Called for each analytics event and diagnostic of environments whose events are counted: their flags come from files or an archive. */
  readonly onEvent?: (event: ReceivedEvent) => void
}

/** The source of a list of environments that changes while the relay runs. */
interface AutoConfigSource {
  readonly view: () => AutoConfigView
  /** Calls back when the view has changed. */
  readonly subscribe: (call: () => void) => Undo
  /** Resolves when the first list is in effect, or when the start must go on without one. */
  readonly configured: Promise<void>
}

interface CloseOptions {
  readonly delayMs?: number
}

/** A server for many environments. One connection keeps each of them current; it is written to the database and served to SDKs. */
export interface RelayServer extends RelayUrls {
  readonly view: RelayView
  /** Resolves with the names of the environments that had nothing to serve within `initTimeoutMs`. */
  readonly started: Promise<readonly string[]>
  /**
   * Applies a new configuration. Unchanged environments continue without interruption. Logs a warning for changes that need a
   * restart, such as the port. Rejects without any change if a required file cannot be read or a package is not installed, and
   * with a {@link ConfigError} if `offline` or `autoConfig` was added, removed or changed.
   */
  reload(config: RelayConfig): Promise<void>
  /**
   * Answers `/readyz` with 503 and continues to serve for `delayMs` (default: `shutdownDelayMs` of the configuration, or 0), then
   * sends a goodbye to the clients and stops. Idempotent: only the delay of the first call counts.
   */
  close(options?: CloseOptions): Promise<void>
}

const OUT_OF_FILES =
  'open files: the limit of this process is reached; the system closes new connections, and the relay may not reach the service, the database or files; raise the limit (ulimit -n) (further shortages are not logged, but counted in halyard_relay_file_shortages_total)'

/**
 * Starts the server. Rejects with the error of Node if the port cannot be opened, or with the reason why an environment cannot
 * be opened, for example a missing file or package. Nothing is left running in that case.
 */
export async function startRelayServer(
  config: RelayConfig,
  options: RelayServerOptions = {},
): Promise<RelayServer> {
  const { clock = systemClock, common = {}, sourceOf, archivedAt, autoConfig, onEvent } = options
  const log = logOf(config, options, clock)
  const logger = log.relay
  const telemetry: Telemetry = config.openTelemetry ? await registeredTelemetry(logger) : {}
  const { meter = telemetry.meter } = options
  const onError = (error: unknown): void => logger.error(`a request failed: ${String(error)}`)
  const changes = new Listeners<void>(onError)
  const draining = new AbortController()
  const stopped = new AbortController()
  const connections = new ConnectionCounter()
  const certificate =
    config.tls && new ServingCertificate(config.tls, { clock, logger, signal: stopped.signal })
  const environments = new Environments(config, {
    log,
    clock,
    common,
    sourceOf,
    archivedAt,
    onEvent,
    onChange: () => changes.emit(),
  })
  const requestCounts = new RequestCounts(config.metricsCardinalityLimit)
  const readings = new RelayReadings({
    clock,
    environments,
    requestCounts,
    connections,
    certificate,
    autoConfig: autoConfig?.view,
  })
  let meterExport: MeterExport | undefined
  const observing: ObserverOptions = {
    clock,
    counts: requestCounts,
    log,
    onAnswered: (request) => meterExport?.record(request),
    tracing: telemetry.tracing,
  }
  const relayRoutes = routes({
    config: () => environments.config,
    environments,
    view: () => readings.view,
    requests: () => readings.requests,
    flagsOf: (name) => environments.named(name)?.flags,
    observe: (request, response) => new ObservedRequest(observing, request, response),
    hasAllKeys: () => !autoConfig || autoConfig.view().configuration === 'live',
    onChange: (call) => changes.add(call),
    clock,
    draining: draining.signal,
    closing: stopped.signal,
    logger,
    onError,
    connections,
  })
  const { ports = 'open' } = options
  const listeners = await (ports === 'none'
    ? NO_LISTENERS
    : openListeners(config, relayRoutes, { clock, logger, connections, certificate }))
  try {
    await environments.open()
  } catch (error) {
    await listeners.close()
    throw error
  }
  certificate?.follow().catch(onError)
  const unsubscribe = autoConfig?.subscribe(() => changes.emit())
  const shortages = new WarnOnce()
  watchOpenFiles(clock, stopped.signal, () => {
    connections.add('fileShortages')
    if (shortages.isFirst()) logger.error(OUT_OF_FILES)
  }).catch(onError)
  meterExport = meter && exportMetrics(meter, { config, readInput: () => readings.metrics, logger })
  const close = async ({ delayMs = config.shutdownDelayMs ?? 0 }: CloseOptions): Promise<void> => {
    draining.abort()
    await sleep(clock, delayMs, stopped.signal)
    stopped.abort()
    meterExport?.stop()
    unsubscribe?.()
    await Promise.all([listeners.close(), environments.close()])
  }
  let closing: Promise<void> | undefined
  return {
    ...listeners.urls,
    get view() {
      return readings.view
    },
    started: (autoConfig?.configured ?? Promise.resolve()).then(() => environments.started()),
    async reload(next) {
      refuseOtherOrigin(config, next)
      await environments.reload(next)
      listeners.adapt(environments.config)
    },
    close(options = {}) {
      closing ??= close(options)
      return closing
    },
  }
}
