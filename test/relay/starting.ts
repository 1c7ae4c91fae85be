import { onTestFinished } from 'vitest'
import type { Logger } from '../../src/model/logger.ts'
import type { RelayConfig } from '../../src/relay/config/relay-config.ts'
import { type RelayServer, type RelayServerOptions, startRelayServer } from '../../src/relay/relay.ts'
import { type Served, serve } from '../client/starting.ts'
import { SDK_KEY } from '../support/engine.ts'
import { constant } from '../support/stored.ts'

export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} }

export const EVENT_DEFAULTS: RelayConfig['events'] = {
  send: false,
  url: 'https://events.launchdarkly.com',
  flushIntervalMs: 5_000,
  capacity: 10_000,
  maxPayloadBytes: 16 * 2 ** 20,
  maxQueuedBytes: 64 * 2 ** 20,
}

export const DEFAULTS: RelayConfig = {
  port: 0,
  host: '127.0.0.1',
  logLevel: 'info',
  heartbeatMs: 30_000,
  initTimeoutMs: 60_000,
  ignoreConnectionErrors: true,
  maxClientConnectionMs: 0,
  pingJitterMs: 0,
  stallMs: 30_000,
  maxClientBodyBytes: 5 * 1_024 * 1_024,
  gracefulShutdownMs: 3_000,
  admission: {},
  history: {},
  disconnectedStatusMs: 60_000,
  bigSegmentsStaleMs: 300_000,
  bigSegmentsStaleAsDegraded: false,
  endpoints: {},
  caFiles: [],
  logFormat: 'text',
  ready: { requires: ['data'] },
  openTelemetry: false,
  events: EVENT_DEFAULTS,
  environments: [{ name: 'test', sdkKey: SDK_KEY }],
}

/** An address on which no server listens. */
export const NOWHERE: RelayConfig['endpoints'] = {
  polling: 'http://127.0.0.1:9',
  streaming: 'http://127.0.0.1:9',
}

/** Starts a relay, which is closed after the test. */
export async function start(
  config: Partial<RelayConfig>,
  options: Partial<RelayServerOptions> = {},
): Promise<RelayServer> {
  const relay = await startRelayServer({ ...DEFAULTS, ...config }, { logger: silent, ...options })
  onTestFinished(() => relay.close())
  return relay
}

/** Starts a service with one flag, `a`. */
export const upstream = (value: unknown, version = 1): Promise<Served> =>
  serve({ flags: { a: constant('a', version, value) } })

export const at = ({ url }: Served): RelayConfig['endpoints'] => ({ polling: url, streaming: url })

export const keyed = { authorization: SDK_KEY }

export interface Asked {
  readonly status: number
  readonly headers: Headers
  readonly body: ReturnType<typeof JSON.parse>
}

export async function ask(
  relay: RelayServer,
  path: string,
  headers: Record<string, string> = {},
): Promise<Asked> {
  const response = await fetch(relay.url + path, { headers })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? undefined : JSON.parse(text),
  }
}
