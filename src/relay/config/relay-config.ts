import type { DataOwnerIdentity } from '../../layout/data-owner.ts'
import type { RelayStoreOptions, StoreConfig } from '../../store/registry.ts'
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

/** The configuration of one environment. */
export interface EnvironmentConfig extends EnvironmentOptions {
  /** The name of the environment in the configuration and in log lines. Each environment needs its own. */
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
  /** The key of the environment. */
  readonly envKey: string
  /** The name of the environment for people. */
  readonly envName: string
  /** The name of the project for people. */
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

/** The options of {@link startRelay}. A checked configuration of a relay is a valid value, too. */
export interface RelayOptions
  extends Partial<Omit<GeneralConfig, 'events' | 'offline' | 'autoConfig' | 'prometheus' | 'ready'>> {
  /** The forwarding of analytics events of SDKs. Default: none are forwarded. */
  readonly events?: Partial<EventForwardingConfig>
  /** The conditions under which `/readyz` answers 200. */
  readonly ready?: Partial<ReadyPolicy>
  /** Serves `/metrics` on a port of its own, too, always over HTTP. Default: it does not. */
  readonly prometheus?: Partial<PrometheusConfig>
  /** The database in which every environment is kept. Default: none. */
  readonly store?: RelayStoreOptions
  /** Serves an archive instead of LaunchDarkly's data. Then `environments` must be absent or empty. */
  readonly offline?: OfflineOptions
  /** Takes the environments from LaunchDarkly's automatic configuration. Then `environments` must be absent or empty. */
  readonly autoConfig?: AutoConfigOptions
  /** The environments to serve. Required without `offline` and `autoConfig`. */
  readonly environments?: readonly Omit<EnvironmentConfig, 'details' | 'acceptsAnyKey'>[]
}

/** The options of a relay that serves an archive. */
export interface OfflineOptions extends Partial<OfflineConfig> {
  /** The path of the archive. */
  readonly archive: string
}
