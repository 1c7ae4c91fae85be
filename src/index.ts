/**
 * Flags with a client of Halyard's own. Start with {@link createClient}, and choose the sources of the data with {@link presets}.
 * The names and the behaviour of the client are those of LaunchDarkly's Node.js SDK.
 *
 * Programs that keep LaunchDarkly's SDK use `halyard/launchdarkly`, programs with OpenFeature `halyard/openfeature`. A
 * {@link createDataSystem | data system} without a client keeps the data, but evaluates nothing.
 *
 * @packageDocumentation
 */

export type { Clock, Undo } from './async/clock.ts'
export type { BigSegmentStoreFactory, CustomBigSegmentStore } from './big-segments/open-store.ts'
export type { BigSegmentsOptions } from './big-segments/options.ts'
export type {
  BigSegmentStoreStatus,
  BigSegmentStoreStatusListener,
  BigSegmentStoreStatusProvider,
} from './big-segments/status-provider.ts'
export { type ClientOptions, createClient } from './client/create-client.ts'
export type { ClientEvents } from './client/emitter.ts'
export { NoSourceLeftError, SourceFailureError } from './client/errors.ts'
export type {
  ClientWaitOptions,
  EventDelivery,
  FlagClient,
  FlushCallback,
  ValueChange,
} from './client/flag-client.ts'
export type { FlagsState, FlagsStateOptions } from './client/flags-state.ts'
export type {
  EvaluationSeriesContext,
  EvaluationSeriesData,
  Hook,
  TrackSeriesContext,
} from './client/hooks.ts'
export { createMigration } from './client/migrations.ts'
export type { Plugin, PluginClient, PluginEnvironmentMetadata } from './client/plugins.ts'
export type { VariationForm, VariationResult, Variations } from './client/variations.ts'
export type {
  ConnectionOptions,
  DataSystemConfig,
  FailoverConfig,
  Fdv1FallbackConfig,
} from './config/config.ts'
export { createDataSystem } from './config/create-data-system.ts'
export type {
  CustomDataSourceOptions,
  CustomInitializerOptions,
  CustomSynchronizerOptions,
  DataSourceOptions,
  DataSystemOptions,
  Fdv1FallbackOptions,
  FileOptions,
  LegacyOptions,
  OfficialFeatureStore,
  OfficialFeatureStoreObject,
  PollIntervalOptions,
  PollingOnlyOptions,
  SourceAddressOptions,
  StandardOptions,
  StoreOptions,
  StreamDelayOptions,
  StreamingOnlyOptions,
} from './config/data-system-options.ts'
export type { EventOptions, OfficialEventOptions } from './config/event-options.ts'
export type { OfficialOptions, OfficialProxyOptions, OfficialTlsOptions } from './config/official-options.ts'
export {
  type DefaultPresetOptions,
  type Fdv1FallbackOption,
  type PollingPresetOptions,
  presets,
  type StreamingPresetOptions,
} from './config/presets.ts'
export type { ApplicationTags, IdentityOptions, Wrapper } from './config/request-headers.ts'
export type {
  PollingConfig,
  PollingInitializerConfig,
  ServiceSourceConfig,
  SourceProtocol,
  StreamingConfig,
} from './config/service-sources.ts'
export type {
  FileConfig,
  FileInitializerConfig,
  InitializerConfig,
  SynchronizerConfig,
} from './config/source-types.ts'
export type { DataSystem, DataSystemEvents, InitializationResult } from './datasystem/data-system.ts'
export type { Timings } from './datasystem/parts.ts'
export type { WaitOptions, WaitOutcome } from './datasystem/readiness.ts'
export type { DataSourceStatusFeed, StatusWaitOptions } from './datasystem/status-publisher.ts'
export type {
  Context,
  ContextMeta,
  ContextWithoutKind,
  LegacyUser,
  MultiKindContext,
  SingleKindContext,
} from './evaluation/context.ts'
export type { BigSegmentsStatus, Detail, ErrorKind, Reason } from './evaluation/detail.ts'
export type {
  AttributeClause,
  ClauseCause,
  Excerpt,
  ExplainedBigSegment,
  ExplainedBucket,
  ExplainedClause,
  ExplainedOutcome,
  ExplainedSegment,
  ExplainedSegmentRule,
  MalformedClause,
  SeenValue,
  SegmentClause,
  SegmentDecision,
} from './evaluation/explained-clause.ts'
export type {
  ExplainedArm,
  ExplainedPrerequisite,
  ExplainedResult,
  ExplainedRollout,
  ExplainedRule,
  ExplainedServing,
  ExplainedTarget,
  Explanation,
  ExplanationStep,
  ExplanationStepBase,
  FallthroughStep,
  PrerequisitesStep,
  ProblemStep,
  RulesStep,
  SwitchStep,
  TargetsStep,
} from './evaluation/explanation.ts'
export type { MetadataOptions } from './evaluation/flag-metadata.ts'
export type { EventsStatus } from './events/events-status.ts'
export type { YamlParser } from './flag-file/parse-yaml.ts'
export type { FlagFiles } from './flag-file/read.ts'
export type { Initializer } from './initializers/initializer.ts'
export type { LDMigration, LDMigrationVariation, MigrationClient } from './migrations/migration.ts'
export {
  LDConcurrentExecution,
  LDExecution,
  LDExecutionOrdering,
  type LDMethodResult,
  LDMigrationError,
  type LDMigrationOptions,
  type LDMigrationReadResult,
  type LDMigrationResult,
  LDMigrationSuccess,
  type LDMigrationWriteResult,
  LDSerialExecution,
} from './migrations/migration-options.ts'
export type {
  LDMigrationConsistencyMeasurement,
  LDMigrationErrorMeasurement,
  LDMigrationEvaluation,
  LDMigrationInvokedMeasurement,
  LDMigrationLatencyMeasurement,
  LDMigrationMeasurement,
  LDMigrationOp,
  LDMigrationOpEvent,
  MigrationReason,
  PerOrigin,
} from './migrations/operation-event.ts'
export { IsMigrationStage, type LDMigrationOrigin, LDMigrationStage } from './migrations/stages.ts'
export type { LDMigrationTracker } from './migrations/tracker.ts'
export type {
  BigSegmentMembership,
  BigSegmentMetadata,
  BigSegmentStore,
  BigSegmentStoreDescription,
} from './model/big-segment-store.ts'
export type {
  Applied,
  AppliedChangeSet,
  Change,
  ChangedKeys,
  ChangeSet,
  DeleteChange,
  FullChangeSet,
  Item,
  ItemKind,
  ItemLookup,
  NoChangeSet,
  PartialChangeSet,
  PutChange,
  Sink,
  Snapshot,
} from './model/change-set.ts'
export {
  ClosedError,
  ConfigError,
  type ConfigIssue,
  HalyardError,
  type StoreErrorKind,
} from './model/errors.ts'
export type * from './model/flag.ts'
export type { Logger } from './model/logger.ts'
export type { RowName, StoreDescription, StoreUse } from './model/persistent-store.ts'
export type {
  ChangeSetResult,
  Directive,
  SourceError,
  SourceErrorKind,
  SourceEvent,
  SourceResult,
} from './model/source-result.ts'
export type {
  DataAvailability,
  DataSourceState,
  DataSourceStatus,
  DataSystemMode,
  StatusFeed,
  StoreStatus,
  StoreStatusFeed,
} from './model/status.ts'
export type { OverridesOptions, OverridesStatus } from './overrides/overrides.ts'
export type { Selector } from './selector/selector.ts'
export { type FileStoreDescription, type FileStoreOptions, fileStore } from './store/file/file-store.ts'
export type { Synchronizer } from './synchronizers/synchronizer.ts'
export type { ProxyChoice } from './transport/proxy.ts'
export type { Pem, ServiceTlsOptions, TlsOptions } from './transport/tls.ts'
export type { HttpHeaders, HttpRequest, HttpResponse, Transport } from './transport/transport.ts'
export type { Dispatcher, Network } from './transport/undici-transport.ts'
