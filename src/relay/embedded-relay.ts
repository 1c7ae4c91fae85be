import { type Clock, systemClock } from '../async/clock.ts'
import { safeClock } from '../config/injected.ts'
import { safeLogger } from '../config/logger.ts'
import { ConfigError } from '../model/errors.ts'
import type { Logger } from '../model/logger.ts'
import { readingOptions } from '../options/readable.ts'
import { refuseUnknownNames } from '../options/unknown-names.ts'
import { type ReadConfig, readRelayConfig } from './config/read-relay-config.ts'
import type { RelayConfig, RelayOptions } from './config/relay-config.ts'
import { logOf } from './log.ts'
import type { Meter } from './metrics/opentelemetry.ts'
import { startConfiguredRelay } from './start.ts'
import type { RelayView } from './view.ts'

/** What a program gives a relay beside its options. */
export interface RelayParts {
  /** Hears what the `logLevel` lets through, with the name of the environment in front. Default: the console, in `logFormat`. */
  readonly logger?: Logger
  /** Default: the system's. Time that a test owns is in `halyard/testing`. */
  readonly clock?: Clock
  /** A meter of `@opentelemetry/api` for what `/metrics` tells. Default: none, or with `openTelemetry` the one registered. */
  readonly meter?: Meter
}

/** The methods that each part has to have. */
const METHODS: Readonly<Record<keyof RelayParts, readonly string[]>> = {
  logger: ['debug', 'info', 'warn', 'error'],
  clock: ['now', 'monotonic', 'after', 'hold', 'breathe'],
  meter: [
    'createObservableGauge',
    'createObservableCounter',
    'addBatchObservableCallback',
    'removeBatchObservableCallback',
  ],
}

/** Checks the parts, and guards against what they throw later. */
function readParts(parts: RelayParts): RelayParts & { readonly clock: Clock } {
  refuseUnknownNames('parts', parts, Object.keys(METHODS))
  const { logger, clock, meter } = parts
  const issues = Object.entries(METHODS).flatMap(([name, methods]) => {
    const part: unknown = parts[name as keyof RelayParts]
    if (part === undefined || readingOptions({ [`parts.${name}`]: part }, () => hasMethods(part, methods)))
      return []
    const expected = `an object with the methods ${methods.join(', ')}`
    return [{ path: `parts.${name}`, expected, received: 'something else' }]
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

/** A relay inside of a program. */
export interface Relay {
  /** Where it listens, such as `http://127.0.0.1:8030`. */
  readonly url: string
  /** How it does at the moment: what `/status`, `/readyz` and `/metrics` tell, as one value. No key in it is whole. */
  readonly view: RelayView
  /**
   * Resolves once every environment has something to serve, or `initTimeoutMs` is over: with the names of those that have
   * nothing. They are tried on; whether to wait for them is for the program to say.
   */
  readonly started: Promise<readonly string[]>
  /**
   * Brings environments in line with these options: those that are the same go on as if nothing had happened. What is not
   * about environments needs a new relay. Rejects with a `ConfigError`, and changes nothing, where something is wrong.
   */
  reload(options: RelayOptions): Promise<void>
  /**
   * Answers `/readyz` with 503 and goes on serving for `shutdownDelayMs`, then says goodbye to the clients and stops. Safe to
   * call twice.
   */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Starts a relay that keeps the flags of many environments current, in a database if there is one, and serves them to SDKs.
 * Only `environments` must be given, or the archive they come with (`offline`); every other option is that of `halyard relay`,
 * with its default.
 *
 * Rejects before anything starts with a `ConfigError` that lists everything that is wrong; with the platform's error when the
 * address cannot be listened on, or the archive is no good.
 */
export async function startRelay(options: RelayOptions, parts: RelayParts = {}): Promise<Relay> {
  const { logger, clock, meter } = readParts(parts)
  const read = readRelayConfig({ options })
  const log = logOf(read.config, { logger }, clock)
  const accepted = ({ config, warnings }: ReadConfig): RelayConfig => {
    for (const warning of warnings) log.relay.warn(warning)
    return config
  }
  const relay = await startConfiguredRelay(accepted(read), {
    clock,
    ...(logger && { logger }),
    ...(meter && { meter }),
  })
  return {
    url: relay.url,
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
