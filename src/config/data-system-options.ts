import type { FlagFiles } from '../flag-file/read.ts'
import type { StoreDescription } from '../model/persistent-store.ts'

/**
 * A data system as a plain object, in the form that LaunchDarkly documents for its Node.js SDK. Durations are in seconds. Presets
 * are shorter and have more options.
 */
export interface DataSystemOptions extends StoreOptions {
  /** The sources of data. Default `{ dataSourceOptionsType: 'standard' }`. */
  readonly dataSource?: DataSourceOptions
  /** A polling source of FDv1, used only while the server orders FDv1. `null`: none. Default: one with default values, but none for `custom`. */
  readonly fdv1Fallback?: Fdv1FallbackOptions | null
}

/** Top-level options of older SDK versions. A `dataSystem` overrides all of them except the addresses. */
export interface LegacyOptions extends StreamDelayOptions, PollIntervalOptions, StoreOptions {
  /** An alias of `endpoints.polling`. */
  readonly baseUri?: string
  /** An alias of `endpoints.streaming`. */
  readonly streamUri?: string
  /** true: a stream, and polls while it is down. false: polls only. Default true. */
  readonly stream?: boolean
  /**
   * An update processor of LaunchDarkly's Node.js SDK.
   *
   * @deprecated Causes a `ConfigError`, or has no effect beside a `dataSystem`. Use a source of your own in `presets.custom`.
   */
  readonly updateProcessor?: object | null
}

/**
 * A feature store of LaunchDarkly's Node.js SDK, or a function that creates one. The types accept it, so that the SDK's option
 * objects compile. It causes a `ConfigError` that names the store to use, unless another option overrides it.
 */
export type OfficialFeatureStore =
  | OfficialFeatureStoreObject
  | ((clientContext: never) => OfficialFeatureStoreObject)

/** The methods by which the types recognise a feature store of LaunchDarkly's Node.js SDK. Halyard calls none of them. */
export interface OfficialFeatureStoreObject {
  /** Replaces all data. */
  init(...args: never[]): unknown
  /** Writes one item. */
  upsert(...args: never[]): unknown
  /** Reports whether there is data. */
  initialized(...args: never[]): unknown
}

/** The database of a data system, in the form of LaunchDarkly's Node.js SDK. */
export interface StoreOptions {
  /** A database beside memory, for example `redisStore()`. `null`: none. Default `null`. */
  readonly persistentStore?: StoreDescription | OfficialFeatureStore | null
  /** An alias of `persistentStore`. */
  readonly featureStore?: StoreDescription | OfficialFeatureStore | null
  /** Daemon mode: the store is the only source of data, and nothing connects to the service. Default false. */
  readonly useLdd?: boolean
  /** An alias of `useLdd`. */
  readonly useLDD?: boolean
}

/** The sources of data, by `dataSourceOptionsType`. */
export type DataSourceOptions =
  | StandardOptions
  | StreamingOnlyOptions
  | PollingOnlyOptions
  | CustomDataSourceOptions

/** A poll for the full payload, a stream for the changes, and polls while the stream is down. */
export interface StandardOptions extends StreamDelayOptions, PollIntervalOptions {
  readonly dataSourceOptionsType: 'standard'
}

/** A stream only. */
export interface StreamingOnlyOptions extends StreamDelayOptions {
  readonly dataSourceOptionsType: 'streamingOnly'
}

/** Polls only. */
export interface PollingOnlyOptions extends PollIntervalOptions {
  readonly dataSourceOptionsType: 'pollingOnly'
}

/** A list of your own sources. */
export interface CustomDataSourceOptions {
  readonly dataSourceOptionsType: 'custom'
  /** Sources that run once each, in order, until one returns a full payload with a selector. */
  readonly initializers: readonly CustomInitializerOptions[]
  /** Sources that keep the data current. One is active at a time: the first while it works, otherwise the next in the list. */
  readonly synchronizers: readonly CustomSynchronizerOptions[]
}

/** An initializer of a custom data source. */
export type CustomInitializerOptions = ({ readonly type: 'polling' } & SourceAddressOptions) | FileOptions

/** A synchronizer of a custom data source. */
export type CustomSynchronizerOptions =
  | ({ readonly type: 'streaming' } & SourceAddressOptions & StreamDelayOptions)
  | ({ readonly type: 'polling' } & SourceAddressOptions & PollIntervalOptions)
  | FileOptions

/** Flag files. An initializer reads them once, a synchronizer reads them again after each change. */
export interface FileOptions extends FlagFiles {
  readonly type: 'file'
}

/** The polling source that is active while the server orders FDv1. */
export interface Fdv1FallbackOptions extends SourceAddressOptions, PollIntervalOptions {}

/** The address of one source. */
export interface SourceAddressOptions {
  /** An absolute URL that replaces the endpoint for this source alone. */
  readonly baseUri?: string
}

/** The reconnect delay of a stream. */
export interface StreamDelayOptions {
  /** First delay before a reconnect, in seconds; it doubles up to 30. Default 1, minimum 0.001. */
  readonly streamInitialReconnectDelay?: number
}

/** The interval of polls. */
export interface PollIntervalOptions {
  /** Time from the start of one poll to the start of the next, in seconds. Default and minimum 30. */
  readonly pollInterval?: number
}
