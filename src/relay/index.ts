export type { Clock } from '../async/clock.ts'
export { ConfigError, type ConfigIssue } from '../model/errors.ts'
export type { Logger } from '../model/logger.ts'
export type { DataSourceStatus, StoreStatus } from '../model/status.ts'
export type { Traffic } from '../server/traffic.ts'
export type {
  EnvironmentConfig,
  LogFormat,
  LogLevel,
  ProxyConfig,
  ReadyPolicy,
  ReadyRequirement,
  ServingTls,
} from './config/relay-config.ts'
export type {
  ConsulOptions,
  DynamodbOptions,
  OfflineOptions,
  RedisOptions,
  RelayOptions,
} from './config/relay-options.ts'
export { type Relay, type RelayParts, startRelay } from './embedded-relay.ts'
export type { Meter } from './metrics/opentelemetry.ts'
export type { EnvironmentView, RecentChange, RelayView, StoreView } from './view.ts'
