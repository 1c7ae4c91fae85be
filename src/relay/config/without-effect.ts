import type { SectionName } from './option-table.ts'

/** Options of LaunchDarkly's Relay Proxy that mean nothing here, with their variables where they have one. */
export const OPTIONS_WITHOUT_EFFECT: Readonly<Record<SectionName, Readonly<Record<string, string | null>>>> =
  {
    main: {
      clientSideBaseUri: 'CLIENT_SIDE_BASE_URI',
      exitOnError: 'EXIT_ON_ERROR',
      exitAlways: 'EXIT_ALWAYS',
      maxClientRequestBodySize: 'MAX_CLIENT_REQUEST_BODY_SIZE',
      pingStreamJitterTime: 'PING_STREAM_JITTER_TIME',
      bigSegmentsStaleAsDegraded: 'BIG_SEGMENTS_STALE_AS_DEGRADED',
      bigSegmentsStaleThreshold: 'BIG_SEGMENTS_STALE_THRESHOLD',
      expiredCredentialCleanupInterval: 'EXPIRED_CREDENTIAL_CLEANUP_INTERVAL',
      disableInternalUsageMetrics: 'DISABLE_INTERNAL_USAGE_METRICS',
    },
    redis: {
      atomicUpsert: 'REDIS_ATOMIC_UPSERT',
      connectTimeout: 'REDIS_CONNECT_TIMEOUT',
      readTimeout: 'REDIS_READ_TIMEOUT',
    },
    dynamodb: {},
    consul: {},
    proxy: { domain: 'PROXY_AUTH_DOMAIN', ntlmAuth: 'PROXY_AUTH_NTLM' },
    // One limit for whatever a client is sent: maxClientWriteTime.
    concurrency: { sendTimeout: 'INIT_SEND_TIMEOUT' },
    openTelemetry: {
      environmentStatusMetrics: 'OTEL_ENVIRONMENT_STATUS_METRICS',
      metricsCardinalityLimit: 'OTEL_METRICS_CARDINALITY_LIMIT',
    },
    offline: { envAllowedOrigin: 'ENV_ALLOWED_ORIGIN', envAllowedHeader: 'ENV_ALLOWED_HEADER' },
    environment: {
      mobileKey: 'LD_MOBILE_KEY_',
      secureMode: 'LD_SECURE_MODE_',
      allowedOrigin: 'LD_ALLOWED_ORIGIN_',
      allowedHeader: 'LD_ALLOWED_HEADER_',
      filterKey: null,
    },
  }

/** Whole sections of the same kind, and the variables that bring them to life. */
export const SECTIONS_WITHOUT_EFFECT: Readonly<Record<string, string | null>> = {
  AutoConfig: 'AUTO_CONFIG_KEY',
  Datadog: 'USE_DATADOG',
  Events: 'USE_EVENTS',
  Filters: null,
  Http: 'HTTP_ENABLE_COMPRESSION',
  Prometheus: 'USE_PROMETHEUS',
  Stackdriver: 'USE_STACKDRIVER',
}

/** The warning about something written at this place. */
export function hasNoEffect(place: string): string {
  return `${place} has no effect: only LaunchDarkly's Relay Proxy knows it`
}
