import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../async/clock.ts'
import { assemble } from '../config/create-data-system.ts'
import { systemRandom } from '../config/injected.ts'
import { normalise } from '../config/normalise.ts'
import type { DataSystem } from '../datasystem/data-system.ts'
import type { Snapshot } from '../model/change-set.ts'
import { reasonOf } from '../model/error-text.ts'
import type { Logger } from '../model/logger.ts'
import type { DataSourceStatus } from '../model/status.ts'
import type { Admission } from '../server/admission.ts'
import type { RequestTarget } from '../server/request-target.ts'
import { SharedHistory } from '../server/shared-history.ts'
import type { EnvironmentConfig, RelayConfig } from './config/relay-config.ts'
import type { PreparedEnvironment } from './environment-plan.ts'
import { EnvironmentServer } from './environment-server.ts'
import { logServing } from './log.ts'
import { StoredData } from './stored-data.ts'
import { type EnvironmentView, masked, type StoreView } from './view.ts'

export interface EnvironmentOptions {
  readonly relay: RelayConfig
  /** Returns when the archive that is served was written. Absent: the flags come from the service. */
  readonly archivedAt?: (() => number) | undefined
  readonly clock: Clock
  readonly logger: Logger
  /** Who is sent everything, and when; one for the whole relay. */
  readonly admission: Admission
  /** Hears whenever the {@link Environment.view} is another one, but for clients and traffic. */
  readonly onChange: () => void
}

/** One environment: one connection to the service, a place in the database, and everybody who asks for its flags. */
export class Environment {
  readonly config: EnvironmentConfig
  readonly dataSystem: DataSystem
  readonly #relay: RelayConfig
  readonly #archivedAt: (() => number) | undefined
  readonly #server: EnvironmentServer
  readonly #stored: StoredData
  readonly #peerHistory: SharedHistory | undefined

  /** Throws a {@link ConfigError} before anything was started. */
  constructor({ config, options, plan, journal }: PreparedEnvironment, surroundings: EnvironmentOptions) {
    const { relay, clock, logger, admission } = surroundings
    const { random = systemRandom } = options
    this.config = config
    this.#relay = relay
    this.#archivedAt = surroundings.archivedAt
    const shared = journal({ clock, random, logger })
    const peerHistory = shared && new SharedHistory({ journal: shared, clock, logger })
    this.#peerHistory = peerHistory
    const snapshot = (): Snapshot | undefined => this.#snapshot
    const serving = { config, relay, clock, random, logger, admission, peerHistory, snapshot }
    this.#server = new EnvironmentServer(serving)
    const tell = logServing(logger)
    const changed = (): void => {
      tell(this.view)
      surroundings.onChange()
    }
    const settings = normalise(
      config.sdkKey,
      plan,
      { ...options, clock, logger },
      { environment: process.env },
    )
    // That it is FDv2 is no news to whoever runs a relay.
    if (settings.mode.protocol === 'fdv1') logger.info(`the service is asked in FDv1: ${settings.mode.why}`)
    this.dataSystem = assemble(settings, { sinks: [this.#server, { accept: changed }] })
    const intervalMs = relay.store?.localTtlMs ?? Infinity
    this.#stored = new StoredData(this.dataSystem, {
      clock,
      logger,
      intervalMs,
      sink: this.#server,
      onChange: changed,
    })
    this.dataSystem.on('status', changed)
    this.#tellOfStore(changed).catch((error: unknown) =>
      logger.error(`the status of the database is not followed any more: ${reasonOf(error)}`),
    )
  }

  /** How it does at the moment. */
  get view(): EnvironmentView {
    const { name, sdkKey, envId = this.dataSystem.environmentId, projKey } = this.config
    const holds = this.#holds
    const store = this.#storeView()
    return {
      name,
      sdkKey: masked(sdkKey),
      ...(envId !== undefined && { envId }),
      ...(projKey !== undefined && { projKey }),
      serving: this.#serving,
      ...(this.#archivedAt && { archivedAt: this.#archivedAt() }),
      source: this.#source,
      ...(store && { store }),
      holds: holds ?? { flags: 0, segments: 0 },
      ...this.#server.view,
    }
  }

  /**
   * Resolves when there is something to serve, or nobody knows when there will be. What the database holds is served from
   * then on, if the service has said nothing by then.
   */
  async start(timeoutMs: number): Promise<'ready' | 'late'> {
    // Closed meanwhile: then nobody waits for data any more.
    const answer = await this.dataSystem.waitForInitialization({ timeoutMs }).catch(() => undefined)
    if (answer && !this.#holds) await this.#stored.begin()
    return this.#holds ? 'ready' : 'late'
  }

  /** Answers a request whose sender has shown the key of this environment. */
  async answer(target: RequestTarget, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { environmentId } = this.dataSystem
    if (environmentId) response.setHeader('x-ld-envid', environmentId)
    await this.#server.answer(target, request, response)
  }

  async close(): Promise<void> {
    this.#stored.close()
    await Promise.all([this.#server.close(), this.dataSystem.close()])
    await this.#peerHistory?.close()
  }

  /** Whether memory has it. A service may say "nothing new" to who holds nothing: that is an answer and no data. */
  get #isFilled(): boolean {
    const { lazy, initialized, availability } = this.dataSystem
    return !lazy && initialized && availability !== 'defaults'
  }

  get #serving(): EnvironmentView['serving'] {
    if (!this.#holds) return 'nothing'
    if (this.dataSystem.availability !== 'refreshed') return 'stored'
    return this.#archivedAt ? 'archive' : 'live'
  }

  get #snapshot(): Snapshot | undefined {
    return this.#isFilled ? this.dataSystem.snapshot() : this.#stored.snapshot
  }

  /** Looked at with every change: nothing may be copied for it. */
  get #holds(): EnvironmentView['holds'] | undefined {
    if (this.#isFilled) return this.dataSystem.counts
    const { snapshot } = this.#stored
    return snapshot && { flags: snapshot.flags.size, segments: snapshot.segments.size }
  }

  /** A database that resumed vouches for nothing: until the service has spoken it is being asked. */
  get #source(): DataSourceStatus {
    const { current } = this.dataSystem.status
    const isVouchedFor = this.dataSystem.availability === 'refreshed'
    return isVouchedFor || current.state === 'off' ? current : { ...current, state: 'initializing' }
  }

  #storeView(): StoreView | undefined {
    const status = this.dataSystem.storeStatus?.current
    const database = this.#relay.store?.type ?? 'file'
    if (!status) return undefined
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
}
