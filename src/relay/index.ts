/**
 * A relay inside a program: {@link startRelay}. It keeps the flags of many environments current and serves them to SDKs, as the command
 * `halyard relay` does. Use the command unless the relay needs objects of the program, such as its logger or its meter.
 *
 * @packageDocumentation
 */

export type { Clock } from '../async/clock.ts'
export { ConfigError, type ConfigIssue, HalyardError } from '../model/errors.ts'
export type { Logger } from '../model/logger.ts'
export type { DataSourceStatus, StoreStatus } from '../model/status.ts'
export type { FurtherKey } from '../options/key-list.ts'
export type { LogFormat, LogLevel, ReadyRequirement } from '../options/value-forms.ts'
export type { Traffic } from '../server/traffic.ts'
export type { ConsulOptions } from '../store/consul/relay-option-types.ts'
export type { DynamodbOptions } from '../store/dynamodb/relay-option-types.ts'
export type { RedisOptions } from '../store/redis/relay-option-types.ts'
export type { RelayStoreOptions, StoreType } from '../store/registry.ts'
export { ArchiveError, type ArchiveFault } from './archive/archive.ts'
export type { AutoConfigView } from './auto-config/auto-config-status.ts'
export type { SynchronizerState } from './big-segments/synchronizer.ts'
export type { CertificateView } from './certificate.ts'
export type {
  AdminConfig,
  AdminLogin,
  AdmissionConfig,
  AutoConfigOptions,
  EndpointConfig,
  EventForwardingConfig,
  HistoryConfig,
  OfflineConfig,
  PrometheusConfig,
  ProxyConfig,
  ReadyPolicy,
  ServingTls,
} from './config/option-groups.ts'
export type { EnvironmentOptions, GeneralConfig } from './config/option-types.ts'
export type {
  EnvironmentConfig,
  EnvironmentDetails,
  OfflineOptions,
  RelayOptions,
} from './config/relay-config.ts'
export type { ConnectionCounts } from './connections.ts'
export { type Relay, type RelayParts, startRelay } from './embedded-relay.ts'
export type { EventCounts } from './events/event-counts.ts'
export type { EventsError } from './events/event-log.ts'
export type { EventsView } from './events/event-service.ts'
export type { OverridesView } from './files/override-files.ts'
export type { RelayUrls } from './listeners.ts'
export type {
  Histogram,
  Instrument,
  InstrumentOptions,
  Meter,
  MetricAttributes,
  ObserveAll,
} from './metrics/opentelemetry.ts'
export type { UnansweredView } from './unanswered.ts'
export type {
  BigSegmentsView,
  ClientsView,
  EnvironmentView,
  KeyView,
  RecentChange,
  RelayView,
  Revision,
  SdkStreams,
  StoreView,
} from './view.ts'
