import { readFileSync } from 'node:fs'
import type { Clock } from '../async/clock.ts'
import type { ConnectionOptions, DataSystemConfig } from '../config/config.ts'
import { systemRandom } from '../config/injected.ts'
import { presets } from '../config/presets.ts'
import type { BigSegmentDatabase } from '../model/big-segment-patch.ts'
import { reasonOf } from '../model/error-text.ts'
import type { Logger } from '../model/logger.ts'
import type { Journal, StoreContext, StoreDescription } from '../model/persistent-store.ts'
import { fileStore } from '../store/file/file-store.ts'
import { storeModuleOf } from '../store/registry.ts'
import type { Synchronizer } from '../synchronizers/synchronizer.ts'
import { type EnvironmentConfig, isFromFiles, type RelayConfig } from './config/relay-config.ts'
import { filesSourceOf } from './files/open-source.ts'
import type { RelayLog } from './log.ts'
import { snapshotPath } from './snapshot-path.ts'

/** Returns the store of an environment: its place in the relay's database, or a snapshot file. */
export function storeOf(
  { store, snapshotDirectory }: Pick<RelayConfig, 'store' | 'snapshotDirectory'>,
  environment: EnvironmentConfig,
): StoreDescription | undefined {
  if (store) return storeModuleOf(store).describe(store, environment)
  return snapshotDirectory === undefined ? undefined : fileStore(snapshotPath(snapshotDirectory, environment))
}

function journalOf(
  { store }: Pick<RelayConfig, 'store'>,
  environment: EnvironmentConfig,
  context: StoreContext,
): Journal | undefined {
  return store && storeModuleOf(store).openJournal(store, environment, context)
}

/** Returns the options for connections to LaunchDarkly. Throws if a file with certificate authorities cannot be read. */
export function networkOf({ proxy, caFiles, dataSavingMode }: RelayConfig): ConnectionOptions {
  return {
    ...(dataSavingMode !== undefined && { dataSavingMode }),
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

/** Returns the source that replaces the service for an environment, or undefined. */
export type SourceOf = (environment: EnvironmentConfig) => Synchronizer | undefined

function planOf(
  relay: RelayConfig,
  environment: EnvironmentConfig,
  source: Synchronizer | undefined,
): DataSystemConfig {
  const plan = source
    ? presets.custom({ initializers: [], synchronizers: [source], fdv1Fallback: null })
    : presets.default()
  const store = storeOf(relay, environment)
  return store ? { ...plan, store } : plan
}

/** An environment whose files were read and whose packages were found. Nothing is connected yet. */
export interface PreparedEnvironment {
  readonly config: EnvironmentConfig
  readonly options: ConnectionOptions
  readonly plan: DataSystemConfig
  /** Aborts if there will be no data in the near future, so that the start should not wait for it. */
  readonly startFailure?: AbortSignal
  readonly journal: (context: StoreContext) => Journal | undefined
  /** Opens the members of big segments. Absent if the relay does not keep them. */
  readonly openBigSegments?: (context: StoreContext) => BigSegmentDatabase | undefined
}

export interface PrepareOptions {
  readonly clock: Clock
  readonly log: RelayLog
  readonly logger: Logger
  readonly common: ConnectionOptions
  readonly sourceOf?: SourceOf | undefined
}

/** Prepares all environments. Throws if one of them cannot be created, for example because a file or a package is missing. */
export function prepareEnvironments(
  environments: readonly EnvironmentConfig[],
  relay: RelayConfig,
  { clock, log, logger, common, sourceOf }: PrepareOptions,
): readonly PreparedEnvironment[] {
  const { random = systemRandom, transport } = common
  const network = networkOf(relay)
  const { store } = relay
  return environments.map((config) => {
    const files = isFromFiles(config)
      ? filesSourceOf(config, { network, transport, clock, random, logger: log.of(config) })
      : undefined
    const plan = planOf(relay, config, sourceOf?.(config) ?? files)
    // Opening a store fails if its package is missing; it does not connect.
    const opened = plan.store?.open({ clock, random, logger: SILENT })
    const onError = (error: unknown): void =>
      logger.debug(`could not close a store that was opened only as a check: ${reasonOf(error)}`)
    opened?.store.close().catch(onError)
    return {
      config,
      options: { ...network, ...common, endpoints: relay.endpoints, clock, random, logger },
      plan,
      ...(files && { startFailure: files.startFailure }),
      journal: (context) => journalOf(relay, config, context),
      // Without the service, for example with an archive, there is no source of members.
      ...(store &&
        !sourceOf &&
        !isFromFiles(config) && {
          openBigSegments: (context) => storeModuleOf(store).openBigSegments(store, config, context),
        }),
    }
  })
}

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} }
