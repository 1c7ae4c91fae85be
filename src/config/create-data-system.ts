import { DataSystem } from '../datasystem/data-system.ts'
import { undiciTransport } from '../transport/undici-transport.ts'
import { buildPlan } from './build-plan.ts'
import type { DataSystemConfig, Options } from './config.ts'
import { normalise } from './normalise.ts'

/**
 * Makes a data system and starts it. The one place where parts are put together.
 *
 * @param sdkKey the server-side credential of one environment.
 * @param dataSystem what a preset returns, or a plan of your own.
 * @throws {ConfigError} when anything handed in is wrong; nothing has been started then.
 */
export function createDataSystem(
  sdkKey: string,
  dataSystem: DataSystemConfig,
  options: Options = {},
): DataSystem {
  const settings = normalise(sdkKey, dataSystem, options)
  const transport = settings.transport ?? undiciTransport()
  const { timings, clock, random, logger } = settings
  return new DataSystem({
    plan: buildPlan(settings, transport),
    sinks: [],
    timings,
    clock,
    random,
    logger,
    dispose: async () => {
      if (!settings.transport) await transport.close()
    },
  })
}
