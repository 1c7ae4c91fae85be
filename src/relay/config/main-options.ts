import type { SecureVersion } from 'node:tls'
import * as forms from './forms.ts'
import { OPERATION, type OperationValues } from './operation-options.ts'
import type { Options } from './option.ts'
import type { LogLevel } from './relay-config.ts'

export interface MainValues extends OperationValues {
  readonly port: number
  readonly host: string
  readonly logLevel: LogLevel
  readonly heartbeatInterval: number
  readonly initTimeout: number
  readonly ignoreConnectionErrors: boolean
  readonly maxClientConnectionTime: number
  readonly maxClientWriteTime: number
  readonly shutdownDelay: number
  readonly gracefulShutdownTimeout: number
  readonly historySteps: number
  readonly historyBytes: number
  readonly historyAge: number
  readonly snapshotDirectory: string
  readonly disconnectedStatusTime: number
  readonly dataSavingMode: boolean
  readonly baseUri: string
  readonly streamUri: string
  readonly tlsEnabled: boolean
  readonly tlsCert: string
  readonly tlsKey: string
  readonly tlsMinVersion: SecureVersion
}

const { boolean, duration, httpUrl, positiveDuration } = forms

export const MAIN: Options<MainValues> = {
  port: { form: forms.port, variable: 'PORT', path: 'port' },
  // Shells and containers set HOST to the name of the machine, so this one has a name of ours.
  host: { form: forms.host, variable: 'HALYARD_RELAY_HOST', path: 'host' },
  logLevel: { form: forms.logLevel, variable: 'LOG_LEVEL', path: 'logLevel' },
  heartbeatInterval: { form: positiveDuration, variable: 'HEARTBEAT_INTERVAL', path: 'heartbeatMs' },
  initTimeout: { form: positiveDuration, variable: 'INIT_TIMEOUT', path: 'initTimeoutMs' },
  ignoreConnectionErrors: {
    form: boolean,
    variable: 'IGNORE_CONNECTION_ERRORS',
    path: 'ignoreConnectionErrors',
  },
  maxClientConnectionTime: {
    form: duration,
    variable: 'MAX_CLIENT_CONNECTION_TIME',
    path: 'maxClientConnectionMs',
  },
  maxClientWriteTime: { form: duration, variable: 'MAX_CLIENT_WRITE_TIME', path: 'stallMs' },
  // Halyard's own, so its variable has its name.
  shutdownDelay: { form: duration, variable: 'HALYARD_RELAY_SHUTDOWN_DELAY', path: 'shutdownDelayMs' },
  gracefulShutdownTimeout: {
    form: duration,
    variable: 'GRACEFUL_SHUTDOWN_TIMEOUT',
    path: 'gracefulShutdownMs',
  },
  historySteps: { form: forms.count, variable: 'HALYARD_HISTORY_STEPS', path: 'history.maxSteps' },
  historyBytes: { form: forms.count, variable: 'HALYARD_HISTORY_BYTES', path: 'history.maxBytes' },
  historyAge: { form: duration, variable: 'HALYARD_HISTORY_AGE', path: 'history.maxAgeMs' },
  snapshotDirectory: {
    form: forms.text,
    variable: 'HALYARD_SNAPSHOT_DIRECTORY',
    path: 'snapshotDirectory',
  },
  disconnectedStatusTime: {
    form: duration,
    variable: 'DISCONNECTED_STATUS_TIME',
    path: 'disconnectedStatusMs',
  },
  dataSavingMode: { form: boolean, variable: 'HALYARD_DATA_SAVING_MODE', path: 'dataSavingMode' },
  baseUri: { form: httpUrl, variable: 'BASE_URI', path: 'endpoints.polling' },
  streamUri: { form: httpUrl, variable: 'STREAM_URI', path: 'endpoints.streaming' },
  tlsEnabled: { form: boolean, variable: 'TLS_ENABLED' },
  tlsCert: { form: forms.text, variable: 'TLS_CERT', path: 'tls.certFile' },
  tlsKey: { form: forms.text, variable: 'TLS_KEY', path: 'tls.keyFile' },
  tlsMinVersion: { form: forms.tlsVersion, variable: 'TLS_MIN_VERSION', path: 'tls.minVersion' },
  ...OPERATION,
}

export interface ConcurrencyValues {
  readonly maxConcurrent: number
  readonly maxQueued: number
}

export const CONCURRENCY: Options<ConcurrencyValues> = {
  maxConcurrent: { form: forms.count, variable: 'INIT_MAX_CONCURRENT', path: 'admission.maxConcurrent' },
  maxQueued: { form: forms.count, variable: 'INIT_MAX_QUEUED', path: 'admission.maxQueued' },
}

export interface ProxyValues {
  readonly url: URL
  readonly user: string
  readonly password: string
  readonly caCertFiles: readonly string[]
}

export const PROXY: Options<ProxyValues> = {
  url: { form: forms.proxyUrl, variable: 'PROXY_URL', path: 'proxy.url' },
  user: { form: forms.text, variable: 'PROXY_AUTH_USER', path: 'proxy.username' },
  password: { form: forms.text, variable: 'PROXY_AUTH_PASSWORD', path: 'proxy.password' },
  caCertFiles: { form: forms.paths, variable: 'PROXY_CA_CERTS', path: 'caFiles', isList: true },
}
