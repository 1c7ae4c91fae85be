import type { Metric } from './metric.ts'
import { RELAY_METRICS } from './relay-metrics.ts'
import { SOURCE_METRICS } from './source-metrics.ts'
import { STORE_METRICS } from './store-metrics.ts'
import { TRAFFIC_METRICS } from './traffic-metrics.ts'

/** Everything a relay measures. */
export const METRICS: readonly Metric[] = [
  ...RELAY_METRICS,
  ...SOURCE_METRICS,
  ...STORE_METRICS,
  ...TRAFFIC_METRICS,
]
