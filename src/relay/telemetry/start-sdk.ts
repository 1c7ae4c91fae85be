import type { NodeSDK } from '@opentelemetry/sdk-node'
import type { Clock } from '../../async/clock.ts'
import { untilAborted, withDeadline } from '../../async/signals.ts'
import { reasonOf } from '../../model/error-text.ts'
import { ConfigError } from '../../model/errors.ts'
import type { Logger } from '../../model/logger.ts'
import { WarnOnce } from '../../model/warn-once.ts'
import { peerError } from '../../options/load-peer.ts'
import type { RelayConfig } from '../config/relay-config.ts'
import { DEFAULT_MAX_SERIES } from '../requests/request-counts.ts'
import { hasProvider } from './registered.ts'

/** The SDK of OpenTelemetry that this process has started. */
export interface TelemetrySdk {
  /** Exports what is left, for at most 5 s. Never rejects. */
  shutdown(): Promise<void>
}

interface StartOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly logger: Logger
}

const PEER = { root: '[OpenTelemetry] enabled', name: '@opentelemetry/sdk-node' }

/** Time for the last export, in milliseconds. */
const SHUTDOWN_MS = 5_000

const NEVER = new AbortController().signal

/**
 * Starts OpenTelemetry's SDK for Node.js if the configuration enables it and no provider is registered. The SDK reads the variables
 * `OTEL_…`, for example the address of the collector. Returns undefined if it was not started, for example because it is not
 * installed. Rejects with a {@link ConfigError} if `@opentelemetry/api` is missing.
 */
export async function startTelemetrySdk(
  { openTelemetry, metricsCardinalityLimit = DEFAULT_MAX_SERIES }: RelayConfig,
  { env, clock, logger }: StartOptions,
): Promise<TelemetrySdk | undefined> {
  if (!openTelemetry || (await hasProvider())) return undefined
  const Sdk = await loadSdk()
  if (!Sdk) return undefined
  if (env.OTEL_LOG_LEVEL === undefined) await logDiagnostics(logger)
  const sdk = new Sdk({
    ...(!hasServiceName(env) && { serviceName: 'halyard-relay' }),
    // The relay has its own log.
    logRecordProcessors: [],
    ...(Number.isFinite(metricsCardinalityLimit) && {
      views: [{ instrumentName: '*', aggregationCardinalityLimit: metricsCardinalityLimit }],
    }),
  })
  sdk.start()
  logger.info(
    `OpenTelemetry: exporting to ${env.OTEL_EXPORTER_OTLP_ENDPOINT ? 'the address of OTEL_EXPORTER_OTLP_ENDPOINT' : "the SDK's default address"}`,
  )
  return {
    async shutdown() {
      const exported = withDeadline(clock, SHUTDOWN_MS, NEVER, (signal) =>
        untilAborted(sdk.shutdown(), signal),
      )
      await exported.catch((error: unknown) =>
        logger.warn(`OpenTelemetry: the last export failed: ${reasonOf(error)}`),
      )
    },
  }
}

async function loadSdk(): Promise<typeof NodeSDK | undefined> {
  try {
    return (await import('@opentelemetry/sdk-node')).NodeSDK
  } catch (cause) {
    const error = peerError(PEER, cause)
    if (error instanceof ConfigError) return undefined
    throw error
  }
}

function hasServiceName({ OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES = '' }: StartOptions['env']): boolean {
  return Boolean(OTEL_SERVICE_NAME) || /(^|,)\s*service\.name\s*=/.test(OTEL_RESOURCE_ATTRIBUTES)
}

/** `DiagLogLevel.WARN` of OpenTelemetry's API. */
const WARN = 50

/** Passes warnings and errors of the SDK to the log, each text once, because a failing export is reported every minute. */
async function logDiagnostics(logger: Logger): Promise<void> {
  const { diag } = await import('@opentelemetry/api')
  const warned = new WarnOnce(20)
  const warn = (text: string): void => {
    const message = messageOf(text)
    if (warned.isFirst(message)) logger.warn(`OpenTelemetry: ${message} (repetitions are not logged)`)
  }
  const ignore = (): void => {}
  diag.setLogger({ error: warn, warn, info: ignore, debug: ignore, verbose: ignore }, { logLevel: WARN })
}

/** Returns the message of an error that the SDK has written as JSON with its stack, or the text. */
function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { readonly message?: unknown }
    return typeof message === 'string' ? message : text
  } catch {
    return text
  }
}
