import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { IGNORED_SECTIONS } from '../../../src/relay/config/ignored-options.ts'
import { SECTIONS } from '../../../src/relay/config/options.ts'
import { readText, wrongsOf } from './reading.ts'

/**
 * Every option of the configuration reference of LaunchDarkly's Relay Proxy, versions 8 and 9, as `name VARIABLE`. `-`: the option has
 * only a name, or only a variable. A variable that ends with an underscore is followed by a name.
 */
const REFERENCE: Readonly<Record<string, readonly string[]>> = {
  Main: [
    'streamUri STREAM_URI',
    'baseUri BASE_URI',
    'clientSideBaseUri CLIENT_SIDE_BASE_URI',
    'exitOnError EXIT_ON_ERROR',
    'exitAlways EXIT_ALWAYS',
    'ignoreConnectionErrors IGNORE_CONNECTION_ERRORS',
    'port PORT',
    'initTimeout INIT_TIMEOUT',
    'gracefulShutdownTimeout GRACEFUL_SHUTDOWN_TIMEOUT',
    'heartbeatInterval HEARTBEAT_INTERVAL',
    'maxClientConnectionTime MAX_CLIENT_CONNECTION_TIME',
    'maxClientRequestBodySize MAX_CLIENT_REQUEST_BODY_SIZE',
    'disconnectedStatusTime DISCONNECTED_STATUS_TIME',
    'tlsEnabled TLS_ENABLED',
    'tlsCert TLS_CERT',
    'tlsKey TLS_KEY',
    'tlsMinVersion TLS_MIN_VERSION',
    'logLevel LOG_LEVEL',
    'bigSegmentsStaleAsDegraded BIG_SEGMENTS_STALE_AS_DEGRADED',
    'bigSegmentsStaleThreshold BIG_SEGMENTS_STALE_THRESHOLD',
    'expiredCredentialCleanupInterval EXPIRED_CREDENTIAL_CLEANUP_INTERVAL',
    'pingStreamJitterTime PING_STREAM_JITTER_TIME',
    'disableInternalUsageMetrics DISABLE_INTERNAL_USAGE_METRICS',
  ],
  AutoConfig: [
    'key AUTO_CONFIG_KEY',
    'cacheKey AUTO_CONFIG_CACHE_KEY',
    'cacheEncryptionKey AUTO_CONFIG_CACHE_ENCRYPTION_KEY',
    'envDatastorePrefix ENV_DATASTORE_PREFIX',
    'envDatastoreTableName ENV_DATASTORE_TABLE_NAME',
    'envAllowedOrigin ENV_ALLOWED_ORIGIN',
    'envAllowedHeader ENV_ALLOWED_HEADER',
  ],
  OfflineMode: [
    'fileDataSource FILE_DATA_SOURCE',
    'fileDataSourceMonitoringInterval FILE_DATA_SOURCE_MONITORING_INTERVAL',
    'envDatastorePrefix ENV_DATASTORE_PREFIX',
    'envDatastoreTableName ENV_DATASTORE_TABLE_NAME',
    'envAllowedOrigin ENV_ALLOWED_ORIGIN',
    'envAllowedHeader ENV_ALLOWED_HEADER',
  ],
  Events: [
    'sendEvents USE_EVENTS',
    'eventsUri EVENTS_HOST',
    'flushInterval EVENTS_FLUSH_INTERVAL',
    'capacity EVENTS_CAPACITY',
    'inlineUsers EVENTS_INLINE_USERS',
    'metricsCapacity EVENTS_METRICS_CAPACITY',
    'maxInboundPayloadSize EVENTS_MAX_INBOUND_PAYLOAD_SIZE',
  ],
  Concurrency: [
    'maxConcurrent INIT_MAX_CONCURRENT',
    'maxQueued INIT_MAX_QUEUED',
    'sendTimeout INIT_SEND_TIMEOUT',
  ],
  Environment: [
    'sdkKey LD_ENV_',
    'mobileKey LD_MOBILE_KEY_',
    'envId LD_CLIENT_SIDE_ID_',
    'secureMode LD_SECURE_MODE_',
    'prefix LD_PREFIX_',
    'tableName LD_TABLE_NAME_',
    'allowedOrigin LD_ALLOWED_ORIGIN_',
    'allowedHeader LD_ALLOWED_HEADER_',
    'logLevel LD_LOG_LEVEL_',
    'ttl LD_TTL_',
    'projKey LD_PROJ_KEY_',
    'filterKey -',
  ],
  Filters: ['keys LD_FILTER_KEYS_'],
  Redis: [
    'enabled USE_REDIS',
    'host REDIS_HOST',
    'port REDIS_PORT',
    'url REDIS_URL',
    'tls REDIS_TLS',
    'password REDIS_PASSWORD',
    'username REDIS_USERNAME',
    'clientCertificateFile REDIS_CLIENT_CERT_FILE',
    'clientKeyFile REDIS_CLIENT_KEY_FILE',
    'caFile REDIS_CA_FILE',
    'localTtl CACHE_TTL',
    'atomicUpsert REDIS_ATOMIC_UPSERT',
    'connectTimeout REDIS_CONNECT_TIMEOUT',
    'readTimeout REDIS_READ_TIMEOUT',
  ],
  DynamoDB: ['enabled USE_DYNAMODB', 'tableName DYNAMODB_TABLE', 'url DYNAMODB_URL', 'localTtl CACHE_TTL'],
  Consul: [
    'enabled USE_CONSUL',
    'host CONSUL_HOST',
    'token CONSUL_TOKEN',
    'tokenFile CONSUL_TOKEN_FILE',
    'localTtl CACHE_TTL',
  ],
  OpenTelemetry: [
    'enabled USE_OTLP',
    'protocol OTEL_EXPORTER_OTLP_PROTOCOL',
    'metricsCardinalityLimit OTEL_METRICS_CARDINALITY_LIMIT',
    'environmentStatusMetrics OTEL_ENVIRONMENT_STATUS_METRICS',
    'logsExporter OTEL_LOGS_EXPORTER',
    'tracesExporter OTEL_TRACES_EXPORTER',
    'metricsExporter OTEL_METRICS_EXPORTER',
  ],
  Datadog: [
    'enabled USE_DATADOG',
    'statsAddr DATADOG_STATS_ADDR',
    'traceAddr DATADOG_TRACE_ADDR',
    'tag DATADOG_TAG_',
    'prefix DATADOG_PREFIX',
  ],
  Stackdriver: ['enabled USE_STACKDRIVER', 'projectID STACKDRIVER_PROJECT_ID', 'prefix STACKDRIVER_PREFIX'],
  Prometheus: ['enabled USE_PROMETHEUS', 'port PROMETHEUS_PORT', 'prefix PROMETHEUS_PREFIX'],
  Proxy: [
    'url PROXY_URL',
    'user PROXY_AUTH_USER',
    'password PROXY_AUTH_PASSWORD',
    'domain PROXY_AUTH_DOMAIN',
    'caCertFiles PROXY_CA_CERTS',
    'ntlmAuth PROXY_AUTH_NTLM',
  ],
  Http: [
    'enableCompression HTTP_ENABLE_COMPRESSION',
    'idleConnTimeout HTTP_IDLE_CONN_TIMEOUT',
    'maxIdleConns HTTP_MAX_IDLE_CONNS',
    'maxIdleConnsPerHost HTTP_MAX_IDLE_CONNS_PER_HOST',
    'disableKeepAlives HTTP_DISABLE_KEEPALIVE',
  ],
}

interface Known {
  readonly name: string
  readonly variable?: string
}

const SECTION_LIST = [...SECTIONS.values()]

/** Returns the options of a section, and those that are documented as having no effect. */
function knownOptions(title: string): {
  readonly options: readonly Known[]
  readonly ignored: readonly Known[]
} {
  const section = SECTION_LIST.find((each) => each.title === title)
  const whole = IGNORED_SECTIONS.find(({ name }) => name === title)
  return {
    options: section?.options ?? [],
    ignored: [...(section?.ignored ?? []), ...(whole?.options ?? [])],
  }
}

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/relay.md'), 'utf8')
const ENVIRONMENT = '[Environment "one"]\nsdkKey = 1\n'

describe.each(Object.entries(REFERENCE))('(S218) the options of [%s]', (title, entries) => {
  it.each(entries.map((entry) => entry.split(' ') as [string, string]))(
    '(S218.1) has %s (%s), or the page has the reason why it has no effect',
    (name, variable) => {
      const { options, ignored } = knownOptions(title)
      const all = [...options, ...ignored].filter((each) => each.name === name)
      expect(all.map((each) => each.variable ?? '-')).toEqual([variable])
      const isOption = options.some((each) => each.name === name)
      const start = isOption ? `| \`${name}\` |` : `| \`[${title}]\` |`
      const isRow = (line: string): boolean =>
        line.startsWith(start) &&
        line.includes(`\`${name}\``) &&
        (variable === '-' || line.includes(`\`${variable}`))
      expect(PAGE.split('\n').filter(isRow), `${title} ${name}`).not.toEqual([])
    },
  )
})

describe('(S218) options without effect', () => {
  it('(S92.5) cause a warning with the reason', () => {
    const { warnings } = readText(`[Proxy]\nntlmAuth = true\n[Http]\nmaxIdleConns = 5\n${ENVIRONMENT}`, {
      HTTP_IDLE_CONN_TIMEOUT: '30s',
      LD_FILTER_KEYS_shop: 'a,b',
      USE_STACKDRIVER: 'true',
    })
    expect(warnings).toEqual([
      'relay.conf:2 [Proxy] ntlmAuth has no effect: NTLM is not supported; use basic authentication (user and password), or a local proxy that adds NTLM',
      'relay.conf:4 [Http] maxIdleConns has no effect: Node.js manages connections to LaunchDarkly; each environment has one stream',
      'HTTP_IDLE_CONN_TIMEOUT has no effect: Node.js manages connections to LaunchDarkly; each environment has one stream',
      expect.stringMatching(/^LD_FILTER_KEYS_shop has no effect: payload filters are not supported/),
      expect.stringMatching(/^USE_STACKDRIVER has no effect: this exporter does not exist here/),
    ])
  })

  it('(S92.5) cause no warning if nothing is lost without them', () => {
    const text = `[Http]\nenableCompression = true\n[Redis]\nhost = h\natomicUpsert = true\n${ENVIRONMENT}prefix = p\n`
    expect(readText(text, { HTTP_ENABLE_COMPRESSION: '1', OTEL_TRACES_EXPORTER: 'none' }).warnings).toEqual(
      [],
    )
  })

  it('(S218.2) are refused if they are obsolete', () => {
    const obsolete = { REDIS_TTL: '30000', LD_TTL_MINUTES_one: '5', EVENTS_SAMPLING_INTERVAL: '2' }
    expect(wrongsOf(ENVIRONMENT, obsolete)).toEqual([
      'REDIS_TTL: CACHE_TTL in its place, with a unit, such as 30s (REDIS_TTL is obsolete), a value',
      'LD_TTL_MINUTES_one: LD_TTL_NAME in its place, with a unit, such as 5m (LD_TTL_MINUTES_NAME is obsolete), a value',
      'EVENTS_SAMPLING_INTERVAL: its absence (it is obsolete: events are not sampled), a value',
    ])
    const { config } = readText('', { LD_ENV_MINUTES_1: 'sdk', LD_TTL_MINUTES_1: '5m' })
    expect(config.environments).toEqual([{ name: 'MINUTES_1', sdkKey: 'sdk', ttlMs: 300_000 }])
  })

  it('(S90.6) a heartbeat interval without a unit means seconds', () => {
    expect(readText(ENVIRONMENT, { HEARTBEAT_INTERVAL: '15' }).config.heartbeatMs).toBe(15_000)
    expect(readText(ENVIRONMENT, { HEARTBEAT_INTERVAL: '1m' }).config.heartbeatMs).toBe(60_000)
    expect(wrongsOf(ENVIRONMENT, { HEARTBEAT_INTERVAL: '0' })).toHaveLength(1)
    expect(wrongsOf(ENVIRONMENT, { INIT_TIMEOUT: '15' })).toHaveLength(1)
  })
})
