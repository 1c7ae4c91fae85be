import type { IgnoredOption, OptionSection } from '../../options/option-table.ts'

/** A section of LaunchDarkly's Relay Proxy that has no effect here. Its variable enables it, or is the beginning of those that do. */
export interface IgnoredSection extends IgnoredOption {
  readonly options: readonly Pick<IgnoredOption, 'name' | 'variable'>[]
}

const OTHER_METRICS = 'its agent can read /metrics, or receive OpenTelemetry'

export const IGNORED_SECTIONS: readonly IgnoredSection[] = [
  {
    name: 'Datadog',
    variable: 'USE_DATADOG',
    reason: `this exporter does not exist here; ${OTHER_METRICS}`,
    options: [
      { name: 'enabled', variable: 'USE_DATADOG' },
      { name: 'statsAddr', variable: 'DATADOG_STATS_ADDR' },
      { name: 'traceAddr', variable: 'DATADOG_TRACE_ADDR' },
      { name: 'tag', variable: 'DATADOG_TAG_' },
      { name: 'prefix', variable: 'DATADOG_PREFIX' },
    ],
  },
  {
    name: 'Stackdriver',
    variable: 'USE_STACKDRIVER',
    reason: `this exporter does not exist here; ${OTHER_METRICS}`,
    options: [
      { name: 'enabled', variable: 'USE_STACKDRIVER' },
      { name: 'projectID', variable: 'STACKDRIVER_PROJECT_ID' },
      { name: 'prefix', variable: 'STACKDRIVER_PREFIX' },
    ],
  },
  {
    name: 'Filters',
    variable: 'LD_FILTER_KEYS_',
    reason:
      "payload filters are not supported, as in LaunchDarkly's Relay Proxy 9; every SDK receives its whole environment once, and then changes",
    options: [{ name: 'keys', variable: 'LD_FILTER_KEYS_' }],
  },
]

const CONNECTIONS = 'Node.js manages connections to LaunchDarkly; each environment has one stream'

export const HTTP: OptionSection = {
  title: 'Http',
  options: [],
  ignored: [
    {
      name: 'enableCompression',
      variable: 'HTTP_ENABLE_COMPRESSION',
      isNotNeeded: true,
      reason: 'bodies are always compressed for clients that accept gzip, once for all clients',
    },
    { name: 'idleConnTimeout', variable: 'HTTP_IDLE_CONN_TIMEOUT', reason: CONNECTIONS },
    { name: 'maxIdleConns', variable: 'HTTP_MAX_IDLE_CONNS', reason: CONNECTIONS },
    { name: 'maxIdleConnsPerHost', variable: 'HTTP_MAX_IDLE_CONNS_PER_HOST', reason: CONNECTIONS },
    { name: 'disableKeepAlives', variable: 'HTTP_DISABLE_KEEPALIVE', reason: CONNECTIONS },
  ],
}

/** Variables that LaunchDarkly's Relay Proxy refuses because they are obsolete, or the beginnings of their names, and what to do instead. */
export const OBSOLETE_VARIABLES: ReadonlyMap<string, string> = new Map([
  ['EVENTS_SAMPLING_INTERVAL', 'its absence (it is obsolete: events are not sampled)'],
  ['REDIS_TTL', 'CACHE_TTL in its place, with a unit, such as 30s (REDIS_TTL is obsolete)'],
  ['LD_TTL_MINUTES_', 'LD_TTL_NAME in its place, with a unit, such as 5m (LD_TTL_MINUTES_NAME is obsolete)'],
])

/** @param place - a line of a file with the name of the option or section, or a variable. */
export function ignoredWarning(place: string, { reason }: Pick<IgnoredOption, 'reason'>): string {
  return `${place} has no effect: ${reason}`
}
