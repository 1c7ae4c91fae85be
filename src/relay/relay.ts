import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type Clock, systemClock } from '../async/clock.ts'
import { Listeners } from '../async/listeners.ts'
import type { Options } from '../config/config.ts'
import { VERSION } from '../config/version.ts'
import type { Logger } from '../model/logger.ts'
import { Admission } from '../server/admission.ts'
import { diff } from './config/diff.ts'
import type { EnvironmentConfig, RelayConfig } from './config/relay-config.ts'
import { Environment } from './environment.ts'
import { prefixed } from './prefixed-logger.ts'
import { routes } from './routes.ts'
import type { RelayView } from './view.ts'

export interface StartOptions {
  readonly logger: Logger
  /** Default: the system's. */
  readonly clock?: Clock
  /** What the data systems of all environments have in common beside what the configuration says. */
  readonly common?: Options
}

/** Many environments, each kept current by one connection, kept in the database, and served to SDKs. */
export interface Relay {
  readonly url: string
  /** How it does at the moment. */
  readonly view: RelayView
  /** Resolves with the names of environments that had nothing to serve in time. */
  readonly started: Promise<readonly string[]>
  /** Environments that are the same go on as if nothing had happened. What is not about environments needs a restart. */
  reload(config: RelayConfig): Promise<void>
  /** Says goodbye to the clients, then stops. Safe to call twice. */
  close(): Promise<void>
}

/** How long clients get to take their goodbye. */
const GRACE_MS = 2_000

/** Starts a relay. Rejects with the platform's error when the address cannot be listened on. */
export async function startRelay(first: RelayConfig, options: StartOptions): Promise<Relay> {
  const { logger, clock = systemClock, common = {} } = options
  const environments = new Map<string, Environment>()
  const onError = (error: unknown): void => logger.error(`a request failed: ${String(error)}`)
  const changes = new Listeners<void>(onError)
  const startedAt = clock.now()
  const admission = new Admission(first.admission)
  const life = new AbortController()
  let config = first
  const view = (): RelayView => ({
    version: VERSION,
    now: clock.now(),
    startedAt,
    environments: Array.from(environments.values(), (environment) => environment.view),
  })
  const open = (environment: EnvironmentConfig): void => {
    const own = prefixed(logger, environment.name)
    environments.set(
      environment.name,
      new Environment({
        config: environment,
        relay: config,
        common: { ...networkOf(config), ...common },
        clock,
        logger: own,
        admission,
        changed: () => changes.emit(),
      }),
    )
  }
  const drop = async (name: string): Promise<void> => {
    const environment = environments.get(name)
    environments.delete(name)
    await environment?.close()
  }

  const listener = routes({
    config: () => config,
    environments: () => environments.values(),
    view,
    onChange: (call) => changes.add(call),
    clock,
    closing: life.signal,
    onError,
  })
  const http = serverFor(config, listener).listen(config.port, config.host)
  await once(http, 'listening')
  for (const environment of config.environments) open(environment)

  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    const closed = once(http, 'close')
    http.close()
    life.abort()
    const disarm = clock.after(GRACE_MS, () => http.closeAllConnections())
    await Promise.all([...environments.keys()].map(drop))
    http.closeIdleConnections()
    await closed
    disarm()
  }
  return {
    url: urlOf(http, config),
    get view() {
      return view()
    },
    started: late([...environments.values()], config.initTimeoutMs),
    async reload(next) {
      const { added, changed, removed } = diff(config, next)
      config = { ...config, environments: next.environments }
      await Promise.all([...removed, ...changed].map(({ name }) => drop(name)))
      for (const environment of [...changed, ...added]) open(environment)
      changes.emit()
    },
    close() {
      closing ??= close()
      return closing
    },
  }
}

async function late(environments: readonly Environment[], timeoutMs: number): Promise<readonly string[]> {
  const ends = await Promise.all(environments.map((environment) => environment.start(timeoutMs)))
  return environments.filter((_, index) => ends[index] === 'late').map(({ config }) => config.name)
}

function serverFor({ tls }: RelayConfig, listener: RequestListener): Server {
  if (!tls) return createServer(listener)
  const { certFile, keyFile, minVersion } = tls
  const files = { cert: readFileSync(certFile), key: readFileSync(keyFile) }
  return createTlsServer({ ...files, ...(minVersion && { minVersion }) }, listener)
}

function networkOf({ proxy, caFiles }: RelayConfig): Options {
  return {
    ...(proxy && { proxy: withCredentials(proxy) }),
    ...(caFiles.length > 0 && { tls: { ca: caFiles.map((path) => readFileSync(path, 'utf8')) } }),
  }
}

function withCredentials({ url, username, password }: NonNullable<RelayConfig['proxy']>): string {
  const address = new URL(url)
  if (username !== undefined) address.username = encodeURIComponent(username)
  if (password !== undefined) address.password = encodeURIComponent(password)
  return address.href
}

function urlOf(http: Server, { tls }: RelayConfig): string {
  const { address, family, port } = http.address() as AddressInfo
  return `${tls ? 'https' : 'http'}://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}
