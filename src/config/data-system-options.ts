import type { FlagFiles } from '../flag-file/read.ts'
import type { StoreDescription } from '../model/persistent-store.ts'

/**
 * The data system as one plain object, in the form LaunchDarkly documents for its Node.js SDK. Durations are
 * seconds. Presets say the same in fewer words, and more.
 */
export interface DataSystemOptions extends StoreOptions {
  /** Where data comes from. Default `{ dataSourceOptionsType: 'standard' }`. */
  readonly dataSource?: DataSourceOptions
  /** Polls of FDv1, used only while the server orders it. `null`: none. Default: one, but none beside `custom`. */
  readonly fdv1Fallback?: Fdv1FallbackOptions | null
}

/** Top-level options from before there was a `dataSystem`; beside one, all but the addresses are overridden. */
export interface LegacyOptions extends StreamDelay, PollInterval, StoreOptions {
  /** Another name of `endpoints.polling`. */
  readonly baseUri?: string
  /** Another name of `endpoints.streaming`. */
  readonly streamUri?: string
  /** false: polls only. Default true: a stream, and polls while it is down. */
  readonly stream?: boolean
  /** @deprecated Refused, and without effect beside a `dataSystem`: use a source of your own in `presets.custom`. */
  readonly updateProcessor?: object | null
}

/**
 * A feature store of LaunchDarkly's Node.js SDK, or a function that makes one. The types accept it, so that the SDK's option
 * objects compile; a `ConfigError` refuses it and names the store to use, unless another option overrides it.
 */
export type OfficialFeatureStore = FeatureStoreLike | ((clientContext: never) => FeatureStoreLike)

interface FeatureStoreLike {
  init(...args: never[]): unknown
  upsert(...args: never[]): unknown
  initialized(...args: never[]): unknown
}

interface StoreOptions {
  /** A database beside memory, such as `redisStore()`. Default `null`: memory alone. */
  readonly persistentStore?: StoreDescription | OfficialFeatureStore | null
  /** Another name of `persistentStore`. */
  readonly featureStore?: StoreDescription | OfficialFeatureStore | null
  /** Daemon mode: the store is all there is, nothing connects to a service. Default false. */
  readonly useLdd?: boolean
  /** Another name of `useLdd`. */
  readonly useLDD?: boolean
}

export type DataSourceOptions =
  | StandardOptions
  | StreamingOnlyOptions
  | PollingOnlyOptions
  | CustomDataSourceOptions

/** Full payload by a poll, deltas by a stream, polls while the stream is down. */
export interface StandardOptions extends StreamDelay, PollInterval {
  readonly dataSourceOptionsType: 'standard'
}

/** Everything by the stream. */
export interface StreamingOnlyOptions extends StreamDelay {
  readonly dataSourceOptionsType: 'streamingOnly'
}

/** Everything by polls. */
export interface PollingOnlyOptions extends PollInterval {
  readonly dataSourceOptionsType: 'pollingOnly'
}

/** Sources of your choice, in order of preference. */
export interface CustomDataSourceOptions {
  readonly dataSourceOptionsType: 'custom'
  /** Tried once each, until one brings a full payload that can be resumed from. */
  readonly initializers: readonly CustomInitializerOptions[]
  /** One is active at a time; the first is preferred, the others stand in for it, in a circle. */
  readonly synchronizers: readonly CustomSynchronizerOptions[]
}

export type CustomInitializerOptions = ({ readonly type: 'polling' } & BaseUri) | FileOptions

export type CustomSynchronizerOptions =
  | ({ readonly type: 'streaming' } & BaseUri & StreamDelay)
  | ({ readonly type: 'polling' } & BaseUri & PollInterval)
  | FileOptions

/** Flag files: read once as an initializer, and again whenever they have changed as a synchronizer. */
export interface FileOptions extends FlagFiles {
  readonly type: 'file'
}

export interface Fdv1FallbackOptions extends BaseUri, PollInterval {}

interface BaseUri {
  /** Replaces the endpoint for this source alone. An absolute URL. */
  readonly baseUri?: string
}

interface StreamDelay {
  /** First delay before a reconnect, seconds; doubles up to 30. Default 1, minimum 0.001. */
  readonly streamInitialReconnectDelay?: number
}

interface PollInterval {
  /** From the start of one poll to the start of the next, seconds. Default and minimum 30. */
  readonly pollInterval?: number
}
