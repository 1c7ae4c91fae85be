import type { StoreConfig, StoreOptions } from '../../store/registry.ts'
import type { OfflineConfig, PrometheusConfig, ReadyPolicy } from './option-groups.ts'
import type { EnvironmentOptions, GeneralConfig } from './option-types.ts'

/** The checked configuration of a relay, with defaults. No URL in it contains a credential, so that URLs may be logged. */
export interface RelayConfig extends GeneralConfig {
  /** The database that holds every environment. Default: none. */
  readonly store?: StoreConfig
  /** At least one, with distinct names, SDK keys and places in the database. Empty if an archive contains them. */
  readonly environments: readonly EnvironmentConfig[]
}

export interface EnvironmentConfig extends EnvironmentOptions {
  readonly name: string
  /** Further SDK keys that clients may use. Only archives have them. */
  readonly moreKeys?: readonly FurtherKey[]
}

/** An SDK key that is valid in addition to the one of the environment. */
export interface FurtherKey {
  readonly value: string
  /** Time at which the key expires, in milliseconds since the Unix epoch. Default: never. */
  readonly until?: number
}

/** The options of {@link startRelay}. A {@link RelayConfig} is a valid value, from which an equal configuration is read. */
export interface RelayOptions extends Partial<Omit<GeneralConfig, 'offline' | 'prometheus' | 'ready'>> {
  readonly ready?: Partial<ReadyPolicy>
  /** Serves `/metrics` on a port of its own, too, always over HTTP. Default: it does not. */
  readonly prometheus?: Partial<PrometheusConfig>
  /** The database in which every environment is kept. Default: none. */
  readonly store?: StoreOptions
  /** Serves an archive instead of LaunchDarkly's data. Then `environments` must be absent or empty. */
  readonly offline?: OfflineOptions
  readonly environments?: readonly Omit<EnvironmentConfig, 'moreKeys'>[]
}

export interface OfflineOptions extends Partial<OfflineConfig> {
  readonly archive: string
}
