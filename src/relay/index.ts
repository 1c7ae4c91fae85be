export type { Clock } from '../async/clock.ts'
export { ConfigError, type ConfigIssue, HalyardError } from '../model/errors.ts'
export type { Logger } from '../model/logger.ts'
export type { DataSourceStatus, StoreStatus } from '../model/status.ts'
export type { LogFormat, LogLevel, ReadyRequirement } from '../options/value-forms.ts'
export type { Traffic } from '../server/traffic.ts'
export type { ConsulOptions } from '../store/consul/relay-option-types.ts'
export type { DynamodbOptions } from '../store/dynamodb/relay-option-types.ts'
export type { RedisOptions } from '../store/redis/relay-option-types.ts'
export { ArchiveError } from './archive/archive.ts'
export type { AutoConfigView } from './auto-config/auto-config-status.ts'
export type { CertificateView } from './certificate.ts'
export type {
  AdminConfig,
  AdminLogin,
  AutoConfigOptions,
  PrometheusConfig,
  ProxyConfig,
  ReadyPolicy,
  ServingTls,
} from './config/option-groups.ts'
export type {
  EnvironmentConfig,
  EnvironmentDetails,
  OfflineOptions,
  RelayOptions,
} from './config/relay-config.ts'
export { type Relay, type RelayParts, startRelay } from './embedded-relay.ts'
export type { RelayUrls } from './listeners.ts'
export type { Meter } from './metrics/opentelemetry.ts'
export type { EnvironmentView, RecentChange, RelayView, StoreView } from './view.ts'
