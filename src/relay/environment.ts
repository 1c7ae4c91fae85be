import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../async/clock.ts'
import type { Options } from '../config/config.ts'
import { createDataSystem } from '../config/create-data-system.ts'
import { systemRandom } from '../config/system-random.ts'
import type { DataSystem } from '../datasystem/data-system.ts'
import type { Put } from '../model/change-set.ts'
import type { Logger } from '../model/logger.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { presets } from '../presets/presets.ts'
import type { Admission } from '../server/admission.ts'
import { Fdv1Server } from '../server/fdv1-server.ts'
import { createFlagServer, type FlagServer } from '../server/flag-server.ts'
import { TrafficCounter } from '../server/traffic.ts'
import type { Listing } from '../store/lazy/kept-listing.ts'
import type { EnvironmentConfig, RelayConfig } from './config/relay-config.ts'
import { masked } from './masked.ts'
import { RecentChanges } from './recent-changes.ts'
import { storeOf } from './store-of.ts'
import type { EnvironmentView, StoreView } from './view.ts'

export interface EnvironmentOptions {
  readonly config: EnvironmentConfig
  readonly relay: RelayConfig
  /** What every environment of the relay has in common: network, clock, transport. */
  readonly common: Options
  readonly clock: Clock
  readonly logger: Logger
  /** Who is sent everything, and when; one for the whole relay. */
  readonly admission: Admission
  /** Hears whenever the {@link Environment.view} is another one, but for clients and traffic. */
  readonly changed: () => void
}

/** One environment: one connection to the service, a place in the database, and everybody who asks for its flags. */
export class Environment {
  readonly config: EnvironmentConfig
  readonly dataSystem: DataSystem
  readonly #logger: Logger
  readonly #server: FlagServer
  readonly #fdv1: Fdv1Server
  readonly #relay: RelayConfig
  readonly #recent: RecentChanges
  readonly #traffic = new TrafficCounter()
  readonly #closing = new AbortController()
  /** What the database held at the start, until the service has spoken. */
  #stored: Snapshot | undefined

  constructor({ config, relay, common, clock, logger, changed, admission }: EnvironmentOptions) {
    const { sdkKey } = config
    const { heartbeatMs, stallMs, history, maxClientConnectionMs = Infinity } = relay
    const { random = systemRandom } = common
    const onError = (error: unknown): void => logger.error(`a request failed: ${String(error)}`)
    this.config = config
    this.#relay = relay
    this.#logger = logger
    this.#recent = new RecentChanges(clock)
    const traffic = this.#traffic
    const lifetimeMs = (): number => maxClientConnectionMs * (1 - random() / 5)
    const shared = { clock, heartbeatMs, stallMs, lifetimeMs, admission, traffic, onError }
    this.#server = createFlagServer({ ...shared, sdkKey, history })
    this.#fdv1 = new Fdv1Server({
      ...shared,
      snapshot: () => this.#snapshot,
      settings: { ...shared, closing: this.#closing.signal, onCut: () => traffic.add({ cut: 1 }) },
    })
    const plan = presets.default()
    const dataSystem = relay.store ? { ...plan, store: storeOf(relay.store, config) } : plan
    const options = { ...common, endpoints: relay.endpoints, clock, logger }
    this.dataSystem = createDataSystem(sdkKey, dataSystem, options, [
      this.#server,
      this.#fdv1,
      this.#recent,
      { accept: changed },
    ])
    this.dataSystem.on('status', changed)
    void this.#tellOfStore(changed)
  }

  /** How it does at the moment. */
  get view(): EnvironmentView {
    const { name, sdkKey, envId, projKey } = this.config
    const snapshot = this.#snapshot
    const store = this.#storeView()
    return {
      name,
      sdkKey: masked(sdkKey),
      ...(envId !== undefined && { envId }),
      ...(projKey !== undefined && { projKey }),
      serving: snapshot ? (this.dataSystem.availability === 'refreshed' ? 'live' : 'stored') : 'nothing',
      source: this.dataSystem.status.current,
      ...(store && { store }),
      holds: { flags: snapshot?.flags.size ?? 0, segments: snapshot?.segments.size ?? 0 },
      clients: { fdv2: this.#server.clients, fdv1: this.#fdv1.clients },
      traffic: this.#traffic.current,
      recent: this.#recent.latest,
    }
  }

  /**
   * Resolves when there is something to serve, or nobody knows when there will be. What the database holds is served from
   * then on, if the service has said nothing by then.
   */
  async start(timeoutMs: number): Promise<'ready' | 'late'> {
    const { initialized } = await this.dataSystem.waitForInitialization({ timeoutMs })
    if (!initialized) await this.#serveStored()
    return initialized || this.#stored ? 'ready' : 'late'
  }

  /** Answers a request whose sender has shown the key of this environment. */
  async answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { environmentId } = this.dataSystem
    if (environmentId) response.setHeader('x-ld-envid', environmentId)
    if (this.#fdv1.knows(path)) await this.#fdv1.answer(path, request, response)
    else this.#server.handler(request, response)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all([this.#server.close(), this.dataSystem.close()])
  }

  get #snapshot(): Snapshot | undefined {
    return this.dataSystem.lazy
      ? this.#stored
      : this.dataSystem.initialized
        ? this.dataSystem.snapshot()
        : this.#stored
  }

  #storeView(): StoreView | undefined {
    const status = this.dataSystem.storeStatus?.current
    const database = this.#relay.store?.type
    if (!status || !database) return undefined
    const { prefix, tableName } = this.config
    return {
      database,
      ...(prefix !== undefined && { prefix }),
      ...(tableName !== undefined && { tableName }),
      status,
    }
  }

  async #tellOfStore(changed: () => void): Promise<void> {
    for await (const _ of this.dataSystem.storeStatus?.changes() ?? []) changed()
  }

  async #serveStored(): Promise<void> {
    const { lazy } = this.dataSystem
    if (!lazy) return
    try {
      if (!(await lazy.ready())) return
      const listing = await lazy.all()
      if (!this.dataSystem.lazy) return
      this.#stored = { flags: listing.flag, segments: listing.segment, selector: undefined }
      this.#server.accept({ changeSet: { type: 'full', changes: putsOf(listing) }, selector: undefined })
    } catch (error) {
      this.#logger.warn(`what the database holds cannot be served: ${(error as Error).message}`)
    }
  }
}

function putsOf({ flag, segment }: Listing): Put[] {
  return [
    ...Array.from(flag.values(), (item): Put => ({ op: 'put', kind: 'flag', ...item })),
    ...Array.from(segment.values(), (item): Put => ({ op: 'put', kind: 'segment', ...item })),
  ]
}
