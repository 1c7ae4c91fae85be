import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../async/clock.ts'
import type { Options } from '../config/config.ts'
import { createDataSystem } from '../config/create-data-system.ts'
import type { DataSystem } from '../datasystem/data-system.ts'
import type { Put } from '../model/change-set.ts'
import type { Logger } from '../model/logger.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { presets } from '../presets/presets.ts'
import { Fdv1Server } from '../server/fdv1-server.ts'
import { createFlagServer, type FlagServer } from '../server/flag-server.ts'
import type { Listing } from '../store/lazy/kept-listing.ts'
import type { EnvironmentConfig, RelayConfig } from './config/relay-config.ts'
import { storeOf } from './store-of.ts'

export interface EnvironmentOptions {
  readonly config: EnvironmentConfig
  readonly relay: RelayConfig
  /** What every environment of the relay has in common: network, clock, transport. */
  readonly common: Options
  readonly clock: Clock
  readonly logger: Logger
}

/** One environment: one connection to the service, a place in the database, and everybody who asks for its flags. */
export class Environment {
  readonly config: EnvironmentConfig
  readonly dataSystem: DataSystem
  readonly #logger: Logger
  readonly #server: FlagServer
  readonly #fdv1: Fdv1Server
  readonly #closing = new AbortController()
  /** What the database held at the start, until the service has spoken. */
  #stored: Snapshot | undefined

  constructor({ config, relay, common, clock, logger }: EnvironmentOptions) {
    const { sdkKey } = config
    const { heartbeatMs } = relay
    const onError = (error: unknown): void => logger.error(`a request failed: ${String(error)}`)
    this.config = config
    this.#logger = logger
    this.#server = createFlagServer({ clock, sdkKey, heartbeatMs, onError })
    this.#fdv1 = new Fdv1Server({
      clock,
      heartbeatMs,
      snapshot: () => this.#snapshot,
      closing: this.#closing.signal,
      onError,
    })
    const plan = presets.default()
    const dataSystem = relay.store ? { ...plan, store: storeOf(relay.store, config) } : plan
    const options = { ...common, endpoints: relay.endpoints, clock, logger }
    this.dataSystem = createDataSystem(sdkKey, dataSystem, options, [this.#server, this.#fdv1])
  }

  /** Whether there is anything to serve. */
  get hasData(): boolean {
    return this.#snapshot !== undefined
  }

  /** Streams open at the moment. */
  get clients(): number {
    return this.#server.clients + this.#fdv1.clients
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
