import { type Clock, systemClock } from '../async/clock.ts'
import { safeClock } from '../config/injected.ts'
import { safeLogger } from '../config/logger.ts'
import { ConfigError } from '../model/errors.ts'
import type { Logger } from '../model/logger.ts'
import { readingOptions } from '../options/readable.ts'
import { refuseUnknownNames } from '../options/unknown-names.ts'
import { startAutoConfig } from './auto-config/start-auto-config.ts'
import { type ReadConfig, readRelayConfig } from './config/read-relay-config.ts'
import type { RelayConfig, RelayOptions } from './config/relay-config.ts'
import { type RelayUrls, relayUrls } from './listeners.ts'
import { logOf } from './log.ts'
import type { Meter } from './metrics/opentelemetry.ts'
import { startOffline } from './offline/start-offline.ts'
import { type RelayServer, type RelayServerOptions, startRelayServer } from './relay.ts'
import type { RelayView } from './view.ts'

/** Objects of the host program that a relay uses. */
export interface RelayParts {
  /** Receives messages from `logLevel` on, prefixed by the name of the environment. Default: the console, in `logFormat`. */
  readonly logger?: Logger
  /** Default: the system clock. `halyard/testing` has a virtual clock for tests. */
  readonly clock?: Clock
  /**
   * A meter of `@opentelemetry/api` that receives the metrics of `/metrics`. Default: the meter of the registered provider if
   * `openTelemetry` is set, otherwise none.
   */
  readonly meter?: Meter
}

const METHODS: Readonly<Record<keyof RelayParts, readonly string[]>> = {
  logger: ['debug', 'info', 'warn', 'error'],
  clock: ['now', 'monotonic', 'after', 'hold', 'breathe'],
  meter: [
    'createObservableGauge',
    'createObservableCounter',
    'createHistogram',
    'addBatchObservableCallback',
    'removeBatchObservableCallback',
  ],
}

/** Checks the parts, and wraps the clock so that its exceptions are logged. Throws a `ConfigError`. */
function readParts(parts: RelayParts): RelayParts & { readonly clock: Clock } {
  refuseUnknownNames('parts', parts, Object.keys(METHODS))
  const { logger, clock, meter } = parts
  const issues = Object.entries(METHODS).flatMap(([name, methods]) => {
    const part: unknown = parts[name as keyof RelayParts]
    if (part === undefined || readingOptions({ [`parts.${name}`]: part }, () => hasMethods(part, methods)))
      return []
    const expected = `an object with the methods ${methods.join(', ')}`
    return [{ path: `parts.${name}`, expected, received: 'a value without them' }]
  })
  if (issues.length > 0) throw new ConfigError(issues)
  return {
    ...(logger && { logger }),
    ...(meter && { meter }),
    clock: clock ? safeClock(clock, safeLogger(logger)) : systemClock,
  }
}

function hasMethods(part: unknown, methods: readonly string[]): boolean {
  const members = part as Readonly<Record<string, unknown>> | null
  return methods.every((name) => typeof members?.[name] === 'function')
}

/** A relay that runs inside a program. */
export interface Relay extends RelayUrls {
  /** The current state, from which `/status`, `/readyz` and `/metrics` are derived. SDK keys in it are masked. */
  readonly view: RelayView
  /**
   * Resolves when every environment has something to serve, or after `initTimeoutMs`, with the names of the environments that
   * have nothing. The relay continues to try those; the program decides whether to wait for them.
   */
  readonly started: Promise<readonly string[]>
  /**
   * Applies new options. Unchanged environments continue without interruption. Options such as `port` only change with a new
   * relay; a warning is logged for them. Rejects with a `ConfigError`, without any change, if an option is invalid.
   */
  reload(options: RelayOptions): Promise<void>
  /**
   * Answers `/readyz` with 503 and continues to serve for `shutdownDelayMs`, then sends a goodbye to the clients and stops.
   * Idempotent.
   */
  close(): Promise<void>
  /** Closes the relay, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Starts a relay that keeps the flags of many environments current, writes them to a database if one is configured, and serves
 * them to SDKs. Only `environments`, `offline` (an archive) or `autoConfig` is required; the other options and their defaults are those of
 * `halyard relay`.
 *
 * Rejects with the error of Node.js if a port cannot be opened.
 *
 * @throws {@link ConfigError} with all invalid options.
 * @throws {@link ArchiveError} if the archive is invalid.
 * @example
 * ```ts
 * const relay = await startRelay({ environments: [{ name: 'production', sdkKey }] })
 * console.log(`serving on ${relay.url}`)
 * const withoutData = await relay.started
 * ```
 */
export async function startRelay(options: RelayOptions, parts: RelayParts = {}): Promise<Relay> {
  const { logger, clock, meter } = readParts(parts)
  const read = readRelayConfig({ options })
  const log = logOf(read.config, { logger }, clock)
  const accepted = ({ config, warnings }: ReadConfig): RelayConfig => {
    refuseExit(config)
    for (const warning of warnings) log.relay.warn(warning)
    return config
  }
  const relay = await startConfiguredRelay(accepted(read), {
    clock,
    ...(logger && { logger }),
    ...(meter && { meter }),
  })
  return {
    ...relayUrls(relay),
    get view() {
      return relay.view
    },
    started: relay.started,
    async reload(next) {
      await relay.reload(accepted(readRelayConfig({ options: next })))
    },
    close: () => relay.close(),
    [Symbol.asyncDispose]: () => relay.close(),
  }
}

/** Throws a `ConfigError` for options that end the process of `halyard relay`. */
function refuseExit({ exitAlways, exitOnError }: RelayConfig): void {
  const names = Object.entries({ exitAlways, exitOnError }).flatMap(([name, value]) => (value ? [name] : []))
  if (names.length === 0) return
  const expected = 'false in a program, which awaits `started` and decides itself'
  throw new ConfigError(names.map((name) => ({ path: `options.${name}`, expected, received: 'true' })))
}

/** Starts a relay: from an archive, from automatic configuration, or with the environments of the configuration. */
export function startConfiguredRelay(
  config: RelayConfig,
  options: RelayServerOptions = {},
): Promise<RelayServer> {
  if (config.offline) return startOffline(config, config.offline, options)
  return config.autoConfig
    ? startAutoConfig(config, config.autoConfig, options)
    : startRelayServer(config, options)
}
