import { headerNames, origins } from '../../options/header-forms.ts'
import type { OptionSection } from '../../options/option-table.ts'
import * as forms from '../../options/value-forms.ts'
import { DEFAULT_ADMISSION_LIMITS } from '../../server/admission.ts'
import { STORES } from '../../store/registry.ts'
import { DEFAULT_MAX_SERIES } from '../requests/request-counts.ts'
import { AUTO_CONFIG } from './auto-config-options.ts'
import { ENVIRONMENT } from './environment-options.ts'
import { EVENTS } from './event-options.ts'
import { HTTP } from './ignored-options.ts'
import { MAIN } from './main-options.ts'
import { PROMETHEUS } from './operator-options.ts'
import type { GeneralSection, SectionName } from './sections.ts'
import { PROXY } from './upstream-options.ts'

const CONCURRENCY: OptionSection = {
  title: 'Concurrency',
  options: [
    {
      name: 'maxConcurrent',
      variable: 'INIT_MAX_CONCURRENT',
      path: 'admission.maxConcurrent',
      form: forms.count,
      impliedDefault: DEFAULT_ADMISSION_LIMITS.maxConcurrent,
      zero: Infinity,
      description:
        'Number of full payloads sent at the same time, for all environments together; 0 for no limit.',
    },
    {
      name: 'maxQueued',
      variable: 'INIT_MAX_QUEUED',
      path: 'admission.maxQueued',
      form: forms.count,
      impliedDefault: DEFAULT_ADMISSION_LIMITS.maxQueued,
      description: 'Number of further clients that wait in the queue; the next ones get 503.',
    },
  ],
  ignored: [
    {
      name: 'sendTimeout',
      variable: 'INIT_SEND_TIMEOUT',
      reason: 'maxClientWriteTime limits every response, including the initial one',
    },
  ],
}

/** The reason for options of exporters. */
const OF_SDK = 'the SDK of OpenTelemetry decides about exporters, and reads these variables'

const OPEN_TELEMETRY: OptionSection = {
  title: 'OpenTelemetry',
  options: [
    {
      name: 'enabled',
      variable: 'USE_OTLP',
      path: 'openTelemetry',
      form: forms.boolean,
      default: false,
      description:
        'If true, the providers registered with the OpenTelemetry API receive metrics and traces. `halyard relay` registers those of `@opentelemetry/sdk-node` if the package is installed.',
    },
    {
      name: 'environmentStatusMetrics',
      variable: 'OTEL_ENVIRONMENT_STATUS_METRICS',
      path: 'environmentStatusMetrics',
      form: forms.boolean,
      impliedDefault: true,
      description:
        'If false, OpenTelemetry receives no metrics of the source, the data and the database of each environment, which are about 30 series. `/metrics` has them in any case.',
    },
    {
      name: 'metricsCardinalityLimit',
      variable: 'OTEL_METRICS_CARDINALITY_LIMIT',
      path: 'metricsCardinalityLimit',
      form: forms.count,
      impliedDefault: DEFAULT_MAX_SERIES,
      zero: Infinity,
      description:
        'Number of series of a metric of requests, also for Prometheus; further SDKs are counted as `other`. 0 for no limit.',
    },
  ],
  ignored: [
    { name: 'protocol', variable: 'OTEL_EXPORTER_OTLP_PROTOCOL' },
    { name: 'logsExporter', variable: 'OTEL_LOGS_EXPORTER' },
    { name: 'tracesExporter', variable: 'OTEL_TRACES_EXPORTER' },
    { name: 'metricsExporter', variable: 'OTEL_METRICS_EXPORTER' },
  ].map((option) => ({ ...option, isNotNeeded: true, reason: OF_SDK }) as const),
}

const OFFLINE: OptionSection = {
  title: 'OfflineMode',
  options: [
    {
      name: 'fileDataSource',
      variable: 'FILE_DATA_SOURCE',
      path: 'offline.archive',
      form: forms.text,
      isRequired: true,
      description: 'Path of the archive.',
    },
    {
      name: 'fileDataSourceMonitoringInterval',
      variable: 'FILE_DATA_SOURCE_MONITORING_INTERVAL',
      path: 'offline.intervalMs',
      form: forms.watchInterval,
      default: 1_000,
      description: 'Time between two checks whether the archive has changed, at least 100 ms.',
    },
    {
      name: 'envDatastorePrefix',
      variable: 'ENV_DATASTORE_PREFIX',
      path: 'offline.prefix',
      form: forms.text,
      description:
        'Prefix of the rows of each environment in the database; `$CID` stands for the id of the environment. Required with a database, unless each environment has a table.',
    },
    {
      name: 'envDatastoreTableName',
      variable: 'ENV_DATASTORE_TABLE_NAME',
      path: 'offline.tableName',
      form: forms.tableTemplate,
      description: 'DynamoDB table of each environment; `$CID` stands for the id of the environment.',
    },
    {
      name: 'envAllowedOrigin',
      variable: 'ENV_ALLOWED_ORIGIN',
      path: 'offline.allowedOrigins',
      form: origins,
      isList: true,
      description: '`allowedOrigin` of each environment.',
    },
    {
      name: 'envAllowedHeader',
      variable: 'ENV_ALLOWED_HEADER',
      path: 'offline.allowedHeaders',
      form: headerNames,
      isList: true,
      description: '`allowedHeader` of each environment.',
    },
  ],
  ignored: [],
}

/** The sections other than those of databases and environments. */
export const GENERAL_SECTIONS: Readonly<Record<GeneralSection, OptionSection>> = {
  main: MAIN,
  proxy: PROXY,
  events: EVENTS,
  concurrency: CONCURRENCY,
  openTelemetry: OPEN_TELEMETRY,
  prometheus: PROMETHEUS,
  http: HTTP,
  offline: OFFLINE,
  autoConfig: AUTO_CONFIG,
}

export const SECTIONS: ReadonlyMap<SectionName, OptionSection> = new Map<SectionName, OptionSection>([
  ['main', MAIN],
  ...STORES.map(({ type, section }) => [type, section] as const),
  ['proxy', PROXY],
  ['events', EVENTS],
  ['concurrency', CONCURRENCY],
  ['openTelemetry', OPEN_TELEMETRY],
  ['prometheus', PROMETHEUS],
  ['http', HTTP],
  ['offline', OFFLINE],
  ['autoConfig', AUTO_CONFIG],
  ['environment', ENVIRONMENT],
])
