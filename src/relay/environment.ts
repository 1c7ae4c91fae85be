import type { Clock } from '../async/clock.ts'
import { assemble } from '../config/create-data-system.ts'
import { systemRandom } from '../config/injected.ts'
import { normalise } from '../config/normalise.ts'
import type { DataSystem } from '../datasystem/data-system.ts'
import type { ReceivedEvent } from '../events/receive-payload.ts'
import { DataOwner } from '../layout/data-owner.ts'
import type { Sink, Snapshot } from '../model/change-set.ts'
import { reasonOf } from '../model/error-text.ts'
import type { Logger } from '../model/logger.ts'
import type { Admission } from '../server/admission.ts'
import { SharedHistory } from '../server/shared-history.ts'
import { undiciTransport } from '../transport/undici-transport.ts'
import { EnvironmentBigSegments } from './big-segments/environment-big-segments.ts'
import type { ClientSide } from './client-side/client-side.ts'
import { Cors } from './client-side/cors.ts'
import { goalsUrl } from './client-side/goals.ts'
import {
  type EnvironmentConfig,
  isFromFiles,
  labelOf,
  ownerIdentityOf,
  type RelayConfig,
} from './config/relay-config.ts'
import type { ValidCredential } from './credentials.ts'
import type { PreparedEnvironment } from './environment-plan.ts'
import { EnvironmentServer } from './environment-server.ts'
import { type EventService, openEvents } from './events/event-service.ts'
import type { SeriesBudget } from './events/series-budget.ts'
import { EnvironmentOverrides } from './files/environment-overrides.ts'
import type { FlagsReader } from './flags/flags-reader.ts'
import { logServing, type Served } from './log.ts'
import { masked, maskedKeys } from './masked-keys.ts'
import type { SdkRequest } from './sdk-request.ts'
import { ServedData, servedOf } from './served-data.ts'
import { StoredData } from './stored-data.ts'
import { type EnvironmentView, storeViewOf } from './view.ts'

export interface EnvironmentOptions {
  readonly relay: RelayConfig
  readonly archivedAt?: (() => number) | undefined
  /** Called for each event that stays in the relay. */
  readonly onEvent?: ((event: ReceivedEvent) => void) | undefined
  readonly clock: Clock
  readonly logger: Logger
  readonly admission: Admission
  readonly clientSide: ClientSide
  readonly usageBudget: SeriesBudget
  /** Called when the {@link Environment.view} has changed, except for clients and traffic. */
  readonly onChange: () => void
}

/** One environment: its data system, its place in the database, and its server. */
export class Environment {
  readonly dataSystem: DataSystem
  readonly flags: FlagsReader
  readonly #server: EnvironmentServer
  readonly #stored: StoredData
  readonly #data: ServedData
  readonly #overrides: EnvironmentOverrides | undefined
  readonly #bigSegments: EnvironmentBigSegments | undefined
  readonly #peerHistory: SharedHistory | undefined
  readonly #events: EventService
  readonly #closeTransport: () => Promise<void>
  #delivered: Promise<void> = Promise.resolve()
  readonly #owner: DataOwner
  readonly #options: EnvironmentOptions
  readonly #startFailure: AbortSignal | undefined
  #config: EnvironmentConfig
  #cors: Cors

  /** Throws a {@link ConfigError} before it starts anything. */
  constructor(
    { config, options, plan, startFailure, journal, openBigSegments }: PreparedEnvironment,
    environmentOptions: EnvironmentOptions,
  ) {
    const { relay, clock, logger } = environmentOptions
    const { random = systemRandom } = options
    this.#config = config
    this.#owner = new DataOwner(ownerIdentityOf(config))
    this.#cors = new Cors(config)
    this.#options = environmentOptions
    this.#startFailure = startFailure
    const shared = journal({ clock, random, logger })
    this.#peerHistory = shared && new SharedHistory({ journal: shared, clock, logger })
    const snapshot = (): Snapshot | undefined => this.#data.snapshot
    const logIfChanged = logServing(logger, clock)
    const changed = (): void => {
      logIfChanged(this.#served)
      environmentOptions.onChange()
    }
    const connection = { ...options, clock, logger }
    const settings = normalise(config.sdkKey, plan, connection, { environment: process.env })
    const transport = settings.transport ?? undiciTransport(settings.network)
    this.#closeTransport = settings.transport ? async () => {} : () => transport.close()
    const goals = { url: () => goalsUrl(this.#config, relay), transport }
    const currentConfig = (): EnvironmentConfig => this.#config
    const ofEvents = { environment: currentConfig, snapshot, transport }
    this.#events = openEvents(relay, { ...environmentOptions, ...ofEvents })
    this.#server = new EnvironmentServer({
      ...environmentOptions,
      config: currentConfig,
      random,
      peerHistory: this.#peerHistory,
      snapshot,
      goals,
      events: this.#events,
      memberships: () => this.#bigSegments?.pinned(),
    })
    this.flags = {
      ...this.#server.flags,
      isOverridden: (...id) => this.#overrides?.layer.has(...id) === true,
    }
    // FDv2 is the default and not worth a line.
    if (settings.mode.protocol === 'fdv1' && !isFromFiles(config))
      logger.info(`requests to the service use FDv1: ${settings.mode.why}`)
    const database = openBigSegments?.({ clock, random, logger })
    this.#bigSegments =
      database &&
      new EnvironmentBigSegments({
        database,
        settings,
        transport,
        relay,
        sdkKey: () => this.#config.sdkKey,
        onChange: changed,
        onMembers: (segments) => this.#server.bigSegmentsChanged(segments),
      })
    const { overrideFiles: paths, fileIntervalMs: checkMs } = config
    const around = { base: () => this.#data.base, target: this.#server, onChange: changed }
    this.#overrides =
      paths && new EnvironmentOverrides({ ...around, paths, intervalMs: checkMs, clock, random, logger })
    const served: Sink = this.#overrides?.layer ?? this.#server
    const sink: Sink = {
      accept: (applied) => {
        this.#bigSegments?.accept(applied)
        served.accept(applied)
      },
    }
    this.dataSystem = assemble(settings, { sinks: [sink, { accept: changed }], owner: this.#owner })
    const intervalMs = relay.store?.localTtlMs ?? Infinity
    this.#stored = new StoredData(this.dataSystem, { clock, logger, intervalMs, sink, onChange: changed })
    this.#data = new ServedData(this.dataSystem, this.#stored, this.#overrides?.layer)
    this.#overrides?.start()
    this.dataSystem.on('status', changed)
    this.#watchStore(changed).catch((error: unknown) =>
      logger.error(`the status of the database is no longer updated: ${reasonOf(error)}`),
    )
  }

  get config(): EnvironmentConfig {
    return this.#config
  }

  get cors(): Cors {
    return this.#cors
  }

  /**
   * Applies a configuration that differs only in members that apply at once. Data and streams continue; with another SDK key the
   * sources start again with this key.
   */
  update(config: EnvironmentConfig): void {
    const isNewKey = config.sdkKey !== this.#config.sdkKey
    this.#config = config
    this.#cors = new Cors(config)
    if (isNewKey && !isFromFiles(config))
      this.#options.logger.info('keys: requests to the service use the new SDK key from now on')
    this.#owner.replace(ownerIdentityOf(config))
    if (isNewKey) this.#bigSegments?.retryNow()
    this.#options.onChange()
  }

  reportExpiry({ audience, value }: ValidCredential): void {
    const kind = audience === 'mobile' ? 'mobile key' : 'SDK key'
    this.#options.logger.info(
      `keys: ${kind} ${masked(value)} has expired: its streams end, and requests with it get 401`,
    )
  }

  get #served(): Served {
    return servedOf(this.#data, { ...this.#options, config: this.#config })
  }

  get view(): EnvironmentView {
    const { relay, clock } = this.#options
    const { name, envId = this.dataSystem.environmentId, projKey, details } = this.#config
    const store = storeViewOf(this.dataSystem.storeStatus, relay, this.#config)
    const bigSegments = this.#bigSegments?.view
    return {
      name,
      ...(details && { label: labelOf(this.#config), ...details }),
      ...maskedKeys(this.#config, clock.now()),
      ...(envId !== undefined && { envId }),
      ...(projKey !== undefined && { projKey }),
      ...this.#served,
      ...(store && { store }),
      ...(bigSegments && { bigSegments }),
      ...(this.#overrides && { overrides: this.#overrides.view }),
      ...this.#server.view,
    }
  }

  /**
   * Resolves with `ready` when there is data to serve, or with `late` after the time-out, or if a file cannot be used. If there is no data
   * from the service by then, data from the database is served until there is.
   */
  async start(timeoutMs: number): Promise<'ready' | 'late'> {
    // Rejects if the data system was closed meanwhile.
    const limits = { timeoutMs, ...(this.#startFailure && { signal: this.#startFailure }) }
    const answer = await this.dataSystem.waitForInitialization(limits).catch(() => undefined)
    if (answer && !this.#data.base) await this.#stored.begin()
    if (!this.#data.base) await this.#firstReadOfFiles()
    await this.#overrides?.firstRead()
    return this.#data.holds ? 'ready' : 'late'
  }

  /** Waits for the end of the first read of local files, because parsing large ones may take longer than the time-out. */
  async #firstReadOfFiles(): Promise<void> {
    const { files, urls } = this.#config
    if (!files || urls || !this.#startFailure || this.#startFailure.aborted) return
    await this.dataSystem.waitForInitialization({ signal: this.#startFailure }).catch(() => undefined)
  }

  answer(request: SdkRequest): Promise<void> {
    const { environmentId = this.#config.envId } = this.dataSystem
    if (environmentId !== undefined) request.response.setHeader('x-ld-envid', environmentId)
    return this.#server.answer(request)
  }

  /** Closes all but the connections that deliver the last events. */
  async close(): Promise<void> {
    this.#stored.close()
    this.#overrides?.close()
    const delivered = this.#events.close()
    await Promise.all([this.#server.close(), this.dataSystem.close(), this.#bigSegments?.close()])
    await this.#peerHistory?.close()
    this.#delivered = delivered.then(this.#closeTransport)
  }

  /** Resolves after {@link close} when the last events are delivered or lost, which takes at most some seconds. */
  get delivered(): Promise<void> {
    return this.#delivered
  }

  async #watchStore(changed: () => void): Promise<void> {
    for await (const _ of this.dataSystem.storeStatus?.changes() ?? []) changed()
  }
}
