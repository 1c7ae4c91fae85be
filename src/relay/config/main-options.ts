import { contextHeader } from '../../options/header-forms.ts'
import type { OptionSection } from '../../options/option-table.ts'
import { size } from '../../options/sizes.ts'
import type { Form } from '../../options/value-forms.ts'
import * as forms from '../../options/value-forms.ts'
import { DEFAULT_HISTORY_LIMITS } from '../../server/history.ts'
import { OPERATORS } from './operator-options.ts'
import { UPSTREAM } from './upstream-options.ts'

/** A duration in which a number without a unit means seconds, as in LaunchDarkly's Relay Proxy. */
const heartbeat: Form<number> = {
  ...forms.positiveDuration,
  read(value) {
    const isSeconds = typeof value === 'string' && /^\d{1,6}$/.test(value)
    return forms.positiveDuration.read(isSeconds ? `${value}s` : value)
  },
}

// The variables of options that LaunchDarkly's Relay Proxy lacks begin with HALYARD_.
export const MAIN: OptionSection = {
  title: 'Main',
  options: [
    {
      name: 'port',
      variable: 'PORT',
      path: 'port',
      form: forms.port,
      default: 8_030,
      description: 'Port to listen on; 0 selects a free port.',
    },
    {
      name: 'host',
      // Shells and containers set HOST to the name of the machine.
      variable: 'HALYARD_RELAY_HOST',
      path: 'host',
      form: forms.host,
      description: 'Address to listen on. Default: all addresses.',
    },
    {
      name: 'logLevel',
      variable: 'LOG_LEVEL',
      path: 'logLevel',
      form: forms.logLevel,
      default: 'info',
      description: 'Lowest level that is logged: `debug`, `info`, `warn`, `error` or `none`.',
    },
    {
      name: 'logFormat',
      variable: 'LOG_FORMAT',
      ownVariable: 'HALYARD_RELAY_LOG_FORMAT',
      path: 'logFormat',
      form: forms.logFormat,
      default: 'text',
      description: 'Format of the log: `text`, or `json` for one JSON object per line.',
    },
    {
      name: 'readyRequires',
      variable: 'HALYARD_RELAY_READY_REQUIRES',
      path: 'ready.requires',
      form: forms.readyRequirements,
      default: ['data'],
      reload: 'at once',
      description:
        'Conditions that every environment must meet for `/readyz` to answer 200: `data`, `upstream` and `store`, separated by commas, or `none`.',
    },
    {
      name: 'readyMaxAge',
      variable: 'HALYARD_RELAY_READY_MAX_AGE',
      path: 'ready.maxAgeMs',
      form: forms.positiveDuration,
      reload: 'at once',
      description: 'Maximum age of the data of a ready environment. Default: no limit.',
    },
    {
      name: 'heartbeatInterval',
      variable: 'HEARTBEAT_INTERVAL',
      path: 'heartbeatMs',
      form: heartbeat,
      default: 30_000,
      description:
        'Time between two heartbeats on an idle stream; a number without a unit means seconds. Keep it below the idle time-out of every proxy between the relay and its clients.',
    },
    {
      name: 'maxClientConnectionTime',
      variable: 'MAX_CLIENT_CONNECTION_TIME',
      path: 'maxClientConnectionMs',
      form: forms.duration,
      default: 12 * 3_600_000,
      description:
        'Maximum lifetime of a stream, shortened at random by up to 20 % so that clients do not reconnect all at once; 0 for no limit.',
    },
    {
      name: 'maxClientWriteTime',
      variable: 'MAX_CLIENT_WRITE_TIME',
      path: 'stallMs',
      form: forms.duration,
      default: 30_000,
      zero: 30_000,
      description:
        'Time after which a client that reads nothing of a pending response is disconnected; 0 selects the default.',
    },
    {
      name: 'pingStreamJitterTime',
      variable: 'PING_STREAM_JITTER_TIME',
      path: 'pingJitterMs',
      form: forms.duration,
      default: 0,
      description:
        'Longest delay, chosen at random for each stream, with which browsers and mobile SDKs learn of a change, so that they do not all request their flags at once.',
    },
    {
      name: 'maxClientRequestBodySize',
      variable: 'MAX_CLIENT_REQUEST_BODY_SIZE',
      path: 'maxClientBodyBytes',
      form: size,
      default: 5 * 1_024 * 1_024,
      description:
        'Maximum length of a request body that contains a context, as a number of bytes or with a unit (`512KiB`, `5MiB`). A longer body is answered 413.',
    },
    {
      name: 'ofrepContextHeader',
      variable: 'HALYARD_RELAY_OFREP_CONTEXT_HEADER',
      path: 'ofrepContextHeader',
      form: contextHeader,
      description:
        'Request header of OFREP with a context, as JSON or its Base64, whose members replace those of the context in the body. Only for a trusted proxy that sets or removes the header in every request. Default: none.',
    },
    {
      name: 'shutdownDelay',
      variable: 'HALYARD_RELAY_SHUTDOWN_DELAY',
      path: 'shutdownDelayMs',
      form: forms.duration,
      description:
        'Time for which a relay keeps serving after a stop request while `/readyz` answers 503, so that load balancers stop sending clients. Default: 5 s on SIGTERM in Kubernetes (if `KUBERNETES_SERVICE_HOST` is set), otherwise 0.',
    },
    {
      name: 'gracefulShutdownTimeout',
      variable: 'GRACEFUL_SHUTDOWN_TIMEOUT',
      path: 'gracefulShutdownMs',
      form: forms.duration,
      default: 10_000,
      description:
        'Drain time-out: time that responses in progress may take after that delay before their connections are closed.',
    },
    {
      name: 'historySteps',
      variable: 'HALYARD_HISTORY_STEPS',
      path: 'history.maxSteps',
      form: forms.count,
      impliedDefault: DEFAULT_HISTORY_LIMITS.maxSteps,
      description: 'Number of changes kept per environment, from which reconnecting clients get a delta.',
    },
    {
      name: 'historyBytes',
      variable: 'HALYARD_HISTORY_BYTES',
      path: 'history.maxBytes',
      form: forms.count,
      impliedDefault: DEFAULT_HISTORY_LIMITS.maxBytes,
      description: 'Memory that the changes of one environment may take, in bytes.',
    },
    {
      name: 'historyAge',
      variable: 'HALYARD_HISTORY_AGE',
      path: 'history.maxAgeMs',
      form: forms.duration,
      impliedDefault: DEFAULT_HISTORY_LIMITS.maxAgeMs,
      description: 'Time for which a change is kept.',
    },
    {
      name: 'tlsEnabled',
      variable: 'TLS_ENABLED',
      form: forms.boolean,
      impliedDefault: false,
      description: 'If true, the relay serves HTTPS only. In an object, `tls` enables it.',
    },
    {
      name: 'tlsCert',
      variable: 'TLS_CERT',
      path: 'tls.certFile',
      form: forms.file,
      isRequired: true,
      needs: { option: 'tlsEnabled', otherwise: 'TLS is not enabled' },
      description: 'Path of the PEM file with the certificate and its intermediate certificates.',
    },
    {
      name: 'tlsKey',
      variable: 'TLS_KEY',
      path: 'tls.keyFile',
      form: forms.file,
      isRequired: true,
      needs: { option: 'tlsEnabled', otherwise: 'TLS is not enabled' },
      description: 'Path of the PEM file with the private key.',
    },
    {
      name: 'tlsMinVersion',
      variable: 'TLS_MIN_VERSION',
      path: 'tls.minVersion',
      form: forms.tlsVersion,
      description: 'Lowest TLS version: `1.2` or `1.3`. Default: that of Node.js, which is 1.2.',
    },
    ...OPERATORS,
    {
      name: 'bigSegmentsStaleThreshold',
      variable: 'BIG_SEGMENTS_STALE_THRESHOLD',
      path: 'bigSegmentsStaleMs',
      form: forms.positiveDuration,
      default: 300_000,
      description: 'Age of the last synchronization of big segments from which their members count as stale.',
    },
    {
      name: 'bigSegmentsStaleAsDegraded',
      variable: 'BIG_SEGMENTS_STALE_AS_DEGRADED',
      path: 'bigSegmentsStaleAsDegraded',
      form: forms.boolean,
      default: false,
      description:
        'If true, the status of the relay is `degraded` while the members of big segments are stale.',
    },
    ...UPSTREAM,
  ],
  ignored: [
    {
      name: 'expiredCredentialCleanupInterval',
      variable: 'EXPIRED_CREDENTIAL_CLEANUP_INTERVAL',
      isNotNeeded: true,
      reason: 'a key ends at its end date, without an interval',
    },
    {
      name: 'disableInternalUsageMetrics',
      variable: 'DISABLE_INTERNAL_USAGE_METRICS',
      isNotNeeded: true,
      reason: 'no usage metrics are sent to LaunchDarkly',
    },
  ],
}
