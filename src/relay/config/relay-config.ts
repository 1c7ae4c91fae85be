import type { DataOwnerIdentity } from '../../layout/data-owner.ts'
import type { StoreConfig, StoreOptions } from '../../store/registry.ts'
import type {
  AutoConfigOptions,
  EventForwardingConfig,
  OfflineConfig,
  PrometheusConfig,
  ReadyPolicy,
} from './option-groups.ts'
import type { EnvironmentOptions, GeneralConfig } from './option-types.ts'

/** The checked configuration of a relay, with defaults. No URL in it contains a credential, so that URLs may be logged. */
export interface RelayConfig extends GeneralConfig {
  /** The database that holds every environment. Default: none. */
  readonly store?: StoreConfig
  /** At least one, with distinct names, SDK keys and places in the database. Empty if they come from elsewhere. */
  readonly environments: readonly EnvironmentConfig[]
}

export interface EnvironmentConfig extends EnvironmentOptions {
  readonly name: string
  /** Only automatic configuration has them. */
  readonly details?: EnvironmentDetails
  /**
   * If true, requests without a known credential belong to this environment, too. Only a relay that serves a single environment to
   * this machine has it.
   */
  readonly acceptsAnyKey?: true
}

/** The names of an environment in LaunchDarkly. They change without an effect on its clients. */
export interface EnvironmentDetails {
  readonly envKey: string
  readonly envName: string
  readonly projName: string
}

/** Returns the name of an environment for people. If LaunchDarkly has configured it, its `name` is its ID. */
export function labelOf({ name, details }: Pick<EnvironmentConfig, 'name' | 'details'>): string {
  const parts = details ? [details.projName, details.envName].filter((part) => part !== '') : []
  return parts.length > 0 ? parts.join(' ') : name
}

/** Returns the SDK keys of an environment, with the one for requests to the service first. */
export function sdkKeysOf({ sdkKey, moreSdkKeys = [] }: EnvironmentConfig): readonly string[] {
  return [sdkKey, ...moreSdkKeys.map(({ value }) => value)]
}

/** Returns true if the flags of an environment come from files or URLs in place of LaunchDarkly. */
export function isFromFiles({ files, urls }: EnvironmentConfig): boolean {
  return files !== undefined || urls !== undefined
}

/** Returns what proves that stored data belongs to an environment. */
export function ownerIdentityOf(config: EnvironmentConfig): DataOwnerIdentity {
  return { sdkKey: config.sdkKey, otherKeys: sdkKeysOf(config), environmentId: config.envId }
}

/** The options of {@link startRelay}. A {@link RelayConfig} is a valid value, from which an equal configuration is read. */
export interface RelayOptions
  extends Partial<Omit<GeneralConfig, 'events' | 'offline' | 'autoConfig' | 'prometheus' | 'ready'>> {
  readonly events?: Partial<EventForwardingConfig>
  readonly ready?: Partial<ReadyPolicy>
  /** Serves `/metrics` on a port of its own, too, always over HTTP. Default: it does not. */
  readonly prometheus?: Partial<PrometheusConfig>
  /** The database in which every environment is kept. Default: none. */
  readonly store?: StoreOptions
  /** Serves an archive instead of LaunchDarkly's data. Then `environments` must be absent or empty. */
  readonly offline?: OfflineOptions
  /** Takes the environments from LaunchDarkly's automatic configuration. Then `environments` must be absent or empty. */
  readonly autoConfig?: AutoConfigOptions
  readonly environments?: readonly Omit<EnvironmentConfig, 'details' | 'acceptsAnyKey'>[]
}

export interface OfflineOptions extends Partial<OfflineConfig> {
  readonly archive: string
}
