import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../async/clock.ts'
import type { ConnectionOptions, DataSystemConfig } from '../config/config.ts'
import { systemRandom } from '../config/injected.ts'
import { presets } from '../config/presets.ts'
import { fingerprint } from '../layout/sidecar.ts'
import { reasonOf } from '../model/error-text.ts'
import type { Logger } from '../model/logger.ts'
import type { Journal, StoreContext, StoreDescription } from '../model/persistent-store.ts'
import { fileStore } from '../store/file/file-store.ts'
import { storeModuleOf } from '../store/registry.ts'
import type { Synchronizer } from '../synchronizers/synchronizer.ts'
import type { EnvironmentConfig, RelayConfig } from './config/relay-config.ts'

/** Where one environment is kept: its place in the relay's database, or a snapshot on disk. */
export function storeOf(
  { store, snapshotDirectory }: Pick<RelayConfig, 'store' | 'snapshotDirectory'>,
  environment: EnvironmentConfig,
): StoreDescription | undefined {
  if (store) return storeModuleOf(store).describe(store, environment)
  return snapshotDirectory === undefined
    ? undefined
    : fileStore(join(snapshotDirectory, `${fileNameOf(environment)}.snapshot`))
}

/** Where the relays of one database share what they remember of an environment: in Redis, and nowhere else. */
function journalOf(
  { store }: Pick<RelayConfig, 'store'>,
  environment: EnvironmentConfig,
  context: StoreContext,
): Journal | undefined {
  return store && storeModuleOf(store).openJournal(store, environment, context)
}

/** Tells environments apart however they are called, and tells people which it is. */
function fileNameOf({ name, sdkKey }: EnvironmentConfig): string {
  return `${name.replaceAll(/[^A-Za-z0-9]+/g, '-').slice(0, 60)}-${fingerprint(sdkKey)}`
}

/** How LaunchDarkly is reached. Throws what a file of authorities was read with. */
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

/** What stands in for the service: a source of its own for an environment, or none. */
export type SourceOf = (environment: EnvironmentConfig) => Synchronizer | undefined

/** Where the flags of an environment come from, and where they are kept. */
function planOf(
  relay: RelayConfig,
  environment: EnvironmentConfig,
  sourceOf: SourceOf | undefined,
): DataSystemConfig {
  const source = sourceOf?.(environment)
  const plan = source
    ? presets.custom({ initializers: [], synchronizers: [source], fdv1Fallback: null })
    : presets.default()
  const store = storeOf(relay, environment)
  return store ? { ...plan, store } : plan
}

/** All an environment is made of that can fail to be there: files were read, packages found. Nothing was connected. */
export interface PreparedEnvironment {
  readonly config: EnvironmentConfig
  /** How the service is reached. */
  readonly options: ConnectionOptions
  /** Where its flags come from, and where they are kept. */
  readonly plan: DataSystemConfig
  readonly journal: (context: StoreContext) => Journal | undefined
}

export interface PrepareOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly common: ConnectionOptions
  readonly sourceOf?: SourceOf | undefined
}

/** Throws the first reason why an environment cannot be made: a file that is missing, a package that is not installed. */
export function prepareEnvironments(
  environments: readonly EnvironmentConfig[],
  relay: RelayConfig,
  { clock, logger, common, sourceOf }: PrepareOptions,
): readonly PreparedEnvironment[] {
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
