import { type Clock, systemClock } from '../async/clock.ts'
import { Listeners } from '../async/listeners.ts'
import { sleep } from '../async/sleep.ts'
import type { ConnectionOptions } from '../config/config.ts'
import { VERSION } from '../config/request-headers.ts'
import { errorText } from '../model/error-text.ts'
import type { Logger } from '../model/logger.ts'
import { refuseOtherArchive } from './config/diff.ts'
import type { RelayConfig } from './config/relay-config.ts'
import { watchOpenFiles } from './connection-limit.ts'
import { ConnectionCounter } from './connections.ts'
import type { SourceOf } from './environment-plan.ts'
import { Environments } from './environments.ts'
import { listen } from './listen.ts'
import { logOf } from './log.ts'
import type { MetricsInput } from './metrics/metric.ts'
import { globalMeter, type Meter, observeMetrics } from './metrics/opentelemetry.ts'
import { routes } from './routes.ts'
import type { RelayView } from './view.ts'

export interface RelayServerOptions {
  /** Receives messages as they are. Default: lines in the form of the configuration are written to `console`. */
  readonly logger?: Logger
  /** Default: that of the process. */
  readonly console?: Logger
  /** Default: the system's. */
  readonly clock?: Clock
  /** Of OpenTelemetry: gets the metrics, whatever the configuration says. */
  readonly meter?: Meter
  /** What the data systems of all environments have in common beside what the configuration says. */
  readonly common?: ConnectionOptions
  /** Default: every environment is kept current by the service. */
  readonly sourceOf?: SourceOf
  /** Returns when the archive that is served was written, milliseconds since the Unix epoch. Absent: none is. */
  readonly archivedAt?: () => number
}

export interface CloseOptions {
  readonly delayMs?: number
}

/** Many environments, each kept current by one connection, kept in the database, and served to SDKs. */
export interface RelayServer {
  readonly url: string
  /** How it does at the moment. */
  readonly view: RelayView
  /** Resolves with the names of environments that had nothing to serve in time. */
  readonly started: Promise<readonly string[]>
  /**
   * Environments that are the same go on as if nothing had happened. What does not count before a restart, such as the
   * address, is warned of. Rejects, with everything as it was, when a file it needs cannot be read, or a package is not
   * installed; with a {@link ConfigError} where environments are to come from elsewhere, from an archive or not from one
   * any more.
   */
  reload(config: RelayConfig): Promise<void>
  /**
   * Answers `/readyz` with 503 and goes on serving for `delayMs` (default: `shutdownDelayMs` of the configuration, or 0), then
   * says goodbye to the clients and stops. Safe to call twice; the first call decides about the delay.
   */
  close(options?: CloseOptions): Promise<void>
}

const OUT_OF_FILES =
  'no more files can be opened: new connections are closed, and service, database and files may be out of reach; raise the limit (ulimit -n) (further shortages are not logged; halyard_relay_file_shortages_total counts them)'

/**
 * Starts a relay. Rejects with the platform's error when the address cannot be listened on, or with the reason why an
 * environment cannot be opened (a file that is missing, a package that is not installed); nothing is left running then.
 */
export async function startRelayServer(
  config: RelayConfig,
  options: RelayServerOptions = {},
): Promise<RelayServer> {
  const { clock = systemClock, common = {}, sourceOf, archivedAt } = options
  const log = logOf(config, options, clock)
  const logger = log.relay
  const meter = options.meter ?? (config.openTelemetry ? await globalMeter(logger) : undefined)
  const onError = (error: unknown): void => logger.error(`a request failed: ${String(error)}`)
  const changes = new Listeners<void>(onError)
  const startedAt = clock.now()
  const leaving = new AbortController()
  const life = new AbortController()
  const connections = new ConnectionCounter()
  const environments = new Environments(config, {
    log,
    clock,
    common,
    sourceOf,
    archivedAt,
    onChange: () => changes.emit(),
  })
  const view = (): RelayView => ({
    version: VERSION,
    now: clock.now(),
    startedAt,
    environments: Array.from(environments, (environment) => environment.view),
    connections: connections.current,
  })
  const listener = routes({
    config: () => environments.config,
    environments,
    view,
    onChange: (call) => changes.add(call),
    clock,
    draining: leaving.signal,
    closing: life.signal,
    logger,
    onError,
    connections,
  })
  const door = await listen(config, listener, { clock, logger, connections })
  try {
    await environments.open()
  } catch (error) {
    await door.close()
    throw error
  }
  const look = (): MetricsInput => ({
    view: view(),
    disconnectedStatusMs: environments.config.disconnectedStatusMs,
  })
  let short = false
  watchOpenFiles(clock, life.signal, () => {
    connections.add('fileShortages')
    if (!short) logger.error(OUT_OF_FILES)
    short = true
  }).catch(onError)
  const onMeterError = (error: unknown): void =>
    logger.error(
      `the meter failed (${errorText(error)}); OpenTelemetry misses metrics, /metrics has them (further failures are not logged)`,
    )
  const unobserve = meter && observeMetrics(meter, look, onMeterError)
  const close = async ({ delayMs = config.shutdownDelayMs ?? 0 }: CloseOptions): Promise<void> => {
    leaving.abort()
    await sleep(clock, delayMs, life.signal)
    life.abort()
    unobserve?.()
    await Promise.all([door.close(), environments.close()])
  }
  let closing: Promise<void> | undefined
  return {
    url: door.url,
    get view() {
      return view()
    },
    started: environments.started(),
    async reload(next) {
      refuseOtherArchive(config, next)
      await environments.reload(next)
    },
    close(options = {}) {
      closing ??= close(options)
      return closing
    },
  }
}
