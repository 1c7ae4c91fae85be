import { CurrentPlan } from '../datasystem/current-plan.ts'
import { DataSystem } from '../datasystem/data-system.ts'
import type { Parts, Plan } from '../datasystem/parts.ts'
import { identityOf } from '../datasystem/source.ts'
import { type Analytics, startEvents } from '../events/analytics.ts'
import type { StreamAttempt } from '../exchange/stream-attempts.ts'
import type { Initializer } from '../initializers/initializer.ts'
import { DataOwner } from '../layout/data-owner.ts'
import type { Sink } from '../model/change-set.ts'
import { WarnOnce } from '../model/warn-once.ts'
import type { Synchronizer } from '../synchronizers/synchronizer.ts'
import type { Transport } from '../transport/transport.ts'
import { undiciTransport } from '../transport/undici-transport.ts'
import { buildDatabase } from './build-database.ts'
import { describeClient } from './client-description.ts'
import type { ConnectionOptions, DataSystemConfig } from './config.ts'
import type { DataSystemOptions } from './data-system-options.ts'
import { normalise, type Settings } from './normalise.ts'
import type { PollingConfig, SourceParts } from './service-sources.ts'
import {
  type InitializerConfig,
  initializerType,
  SYNCHRONIZERS,
  type SynchronizerConfig,
  synchronizerType,
} from './source-types.ts'

/**
 * Creates and starts a data system.
 *
 * @param sdkKey - the server-side SDK key of one environment.
 * @param dataSystem - the result of a preset, a plan of your own, or the plain object that LaunchDarkly documents. Default: FDv1 with
 *   the legacy options, or `presets.default()` if `dataSavingMode` is on.
 * @param options - the other options. Default: none.
 * @param sinks - receivers of each transaction after it is visible to readers, in order. Default: none.
 * @throws {@link ConfigError} if an argument is wrong. Nothing has been started then.
 * @example
 * ```ts
 * const dataSystem = createDataSystem(sdkKey, presets.default())
 * dataSystem.on('change', ({ flags }) => console.log('changed:', ...flags))
 * await dataSystem.waitForInitialization({ timeoutMs: 5_000 })
 * console.log(dataSystem.flag('new-checkout')?.version)
 * await dataSystem.close()
 * ```
 */
export function createDataSystem(
  sdkKey: string,
  dataSystem?: DataSystemConfig | DataSystemOptions,
  options: ConnectionOptions = {},
  sinks: readonly Sink[] = [],
): DataSystem {
  return startDataSystem(normalise(sdkKey, dataSystem, options, { environment: process.env }), { sinks })
}

export interface Additions {
  readonly sinks?: readonly Sink[]
  readonly prepare?: Parts['prepare']
  /** Called after each attempt to open a stream. */
  readonly onStreamAttempt?: (attempt: StreamAttempt) => void
  /** The environment, if its SDK key can be replaced. Default: that of the settings. */
  readonly owner?: DataOwner
}

/** Logs the protocol and starts a data system with checked settings. */
export function startDataSystem(settings: Settings, additions: Additions = {}): DataSystem {
  const { logger, mode } = settings
  logger.info(`data saving mode is ${mode.protocol === 'fdv2' ? 'on' : 'off'}: ${mode.why}`)
  return assemble(settings, additions)
}

/** Starts a data system with checked settings. This is the only place that connects its parts. */
export function assemble(settings: Settings, additions: Additions): DataSystem {
  const { sinks = [], prepare = noPreparation, onStreamAttempt } = additions
  const { owner = new DataOwner(settings) } = additions
  const transport = settings.transport ?? undiciTransport(settings.network)
  const { timings, clock, random, logger, mode } = settings
  const { store } = settings.dataSystem
  const built = store && buildDatabase(settings, store, owner)
  const build = (): Plan => {
    const headers = { ...settings.headers, authorization: owner.sdkKey }
    const plan = buildPlan({ ...settings, headers }, transport, onStreamAttempt)
    return {
      ...plan,
      initializers: [...(built?.initializers ?? []), ...plan.initializers],
      synchronizers: [...plan.synchronizers, ...(built?.synchronizers ?? [])],
    }
  }
  const plan = new CurrentPlan(build())
  owner.onNewKey(() => plan.replace(build()))
  return new DataSystem({
    plan,
    mode,
    sinks: [...sinks, ...(built?.sinks ?? [])],
    ...(built && { database: built.database }),
    prepare,
    timings,
    clock,
    random,
    logger,
    dispose: async () => {
      if (!settings.transport) await transport.close()
    },
  })
}

/** Starts the analytics events of a client with checked settings; `undefined` if it sends none. */
export function startAnalytics(settings: Settings): Analytics | undefined {
  const { events, headers, clock, random, logger } = settings
  if (events === undefined) return undefined
  const transport = settings.transport ?? undiciTransport(settings.network)
  const dispose = async (): Promise<void> => {
    if (!settings.transport) await transport.close()
  }
  const description = describeClient(settings)
  const { sdkKey } = settings
  return startEvents({
    settings: events,
    sdkKey,
    description,
    transport,
    headers,
    clock,
    random,
    logger,
    dispose,
  })
}

/** A data system without a client evaluates nothing, so its data needs no preparation. */
function noPreparation(): undefined {}

function buildPlan(
  settings: Settings,
  transport: Transport,
  onStreamAttempt: SourceParts['onStreamAttempt'],
): Plan {
  const warned = new WarnOnce()
  const warnOnce = (warning: string): void => {
    if (warned.isFirst(warning)) settings.logger.warn(warning)
  }
  const { initializers, synchronizers, fdv1Fallback } = settings.dataSystem
  const polling = synchronizers.filter(isPolling)
  const parts = { ...settings, transport, warnOnce, polling, onStreamAttempt }
  return {
    initializers: initializers.map((config) => buildInitializer(config, parts)),
    synchronizers: synchronizers.map((config) => buildSynchronizer(config, parts)),
    fdv1: fdv1Fallback
      ? [SYNCHRONIZERS.polling.build({ type: 'polling', protocol: 'fdv1', ...fdv1Fallback }, parts)]
      : [],
  }
}

function isPolling(config: SynchronizerConfig): config is PollingConfig {
  return 'type' in config && config.type === 'polling'
}

function buildInitializer(config: InitializerConfig, parts: SourceParts): Initializer {
  if ('fetch' in config)
    return { ...identityOf(config), fetch: (basis, signal) => config.fetch(basis, signal) }
  return initializerType(config).build(config, parts)
}

function buildSynchronizer(config: SynchronizerConfig, parts: SourceParts): Synchronizer {
  if ('sync' in config)
    return { ...identityOf(config), sync: (basis, signal, held) => config.sync(basis, signal, held) }
  return synchronizerType(config).build(config, parts)
}
