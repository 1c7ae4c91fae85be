import { DataSystem } from '../datasystem/data-system.ts'
import type { Parts } from '../datasystem/parts.ts'
import type { Sink } from '../model/change-set.ts'
import { undiciTransport } from '../transport/undici-transport.ts'
import { buildDatabase } from './build-database.ts'
import { buildPlan } from './build-plan.ts'
import type { ConnectionOptions, DataSystemConfig } from './config.ts'
import type { DataSystemOptions } from './data-system-options.ts'
import { normalise, type Settings } from './normalise.ts'

/**
 * Makes a data system and starts it.
 *
 * @param sdkKey the server-side credential of one environment.
 * @param dataSystem what a preset returns, a plan of your own, or the plain object LaunchDarkly documents.
 *   Undefined: FDv1, by the legacy options; unless `dataSavingMode` is on, which means `presets.default()`.
 * @param sinks told of each transaction once it is visible, in order.
 * @throws {ConfigError} when anything handed in is wrong; nothing has been started then.
 */
export function createDataSystem(
  sdkKey: string,
  dataSystem?: DataSystemConfig | DataSystemOptions,
  options: ConnectionOptions = {},
  sinks: readonly Sink[] = [],
): DataSystem {
  return startDataSystem(normalise(sdkKey, dataSystem, options, { environment: process.env }), { sinks })
}

/** Options of a data system that only callers inside the library pass. */
export interface Additions {
  readonly sinks?: readonly Sink[]
  readonly prepare?: Parts['prepare']
}

/** Starts a data system of settings that were checked, and logs which protocol it speaks. */
export function startDataSystem(settings: Settings, additions: Additions = {}): DataSystem {
  const { logger, mode } = settings
  logger.info(`data saving mode is ${mode.protocol === 'fdv2' ? 'on' : 'off'}: ${mode.why}`)
  return assemble(settings, additions)
}

/** The same, of settings that were checked already. The one place where parts are put together. */
export function assemble(settings: Settings, { sinks = [], prepare = noPreparation }: Additions): DataSystem {
  const transport = settings.transport ?? undiciTransport(settings.network)
  const { timings, clock, random, logger, mode } = settings
  const plan = buildPlan(settings, transport)
  const { store } = settings.dataSystem
  const built = store && buildDatabase(settings, store)
  return new DataSystem({
    plan: {
      ...plan,
      initializers: [...(built?.initializers ?? []), ...plan.initializers],
      synchronizers: [...plan.synchronizers, ...(built?.synchronizers ?? [])],
    },
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

/** Nothing is evaluated here, so that data need no preparation. */
function noPreparation(): undefined {}
