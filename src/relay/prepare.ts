import type { Clock } from '../async/clock.ts'
import type { DataSystemConfig, Options } from '../config/config.ts'
import { systemRandom } from '../config/injected.ts'
import { reasonOf } from '../model/error-text.ts'
import type { Logger } from '../model/logger.ts'
import type { Journal, StoreContext } from '../model/persistent-store.ts'
import type { EnvironmentConfig, RelayConfig } from './config/relay-config.ts'
import { networkOf } from './network-of.ts'
import { planOf, type SourceOf } from './plan-of.ts'
import { journalOf } from './store-of.ts'

/** All an environment is made of that can fail to be there: files were read, packages found. Nothing was connected. */
export interface Prepared {
  readonly config: EnvironmentConfig
  /** How the service is reached. */
  readonly options: Options
  /** Where its flags come from, and where they are kept. */
  readonly plan: DataSystemConfig
  readonly journal: (context: StoreContext) => Journal | undefined
}

export interface PrepareOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly common: Options
  readonly sourceOf?: SourceOf | undefined
}

/** Throws the first reason why an environment cannot be made: a file that is missing, a package that is not installed. */
export function prepare(
  environments: readonly EnvironmentConfig[],
  relay: RelayConfig,
  { clock, logger, common, sourceOf }: PrepareOptions,
): readonly Prepared[] {
  const { random = systemRandom } = common
  const network = networkOf(relay)
  return environments.map((config) => {
    const plan = planOf(relay, config, sourceOf)
    // Whether a package is missing shows when a store is opened, which connects to nothing.
    const opened = plan.store?.open({ clock, random, logger: SILENT })
    const onError = (error: unknown): void =>
      logger.debug(`a store that was opened only as a check could not be closed: ${reasonOf(error)}`)
    opened?.store.close().catch(onError)
    return {
      config,
      options: { ...network, ...common, endpoints: relay.endpoints, clock, random, logger },
      plan,
      journal: (context) => journalOf(relay, config, context),
    }
  })
}

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} }
