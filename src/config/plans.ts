import type { StoreDescription } from '../model/persistent-store.ts'
import type {
  DataSystemConfig,
  FailoverConfig,
  Fdv1FallbackConfig,
  NormalConfig,
  PollingConfig,
  StreamingConfig,
} from './config.ts'
import type { StoreChoice } from './store-options.ts'

/** What a plan of the usual shape leaves open. */
export interface PlanOptions {
  readonly initialReconnectDelayMs?: number | undefined
  readonly intervalMs?: number | undefined
  readonly failover?: FailoverConfig | undefined
  readonly fdv1Fallback?: Fdv1FallbackConfig | null | undefined
}

/** Full payload by a poll, deltas by a stream, polls while the stream is down. */
export function standardPlan(options: PlanOptions = {}): NormalConfig {
  return plan([{ type: 'polling' }], [streaming(options), polling(options)], options)
}

/** Everything by the stream. */
export function streamingPlan(options: PlanOptions = {}): NormalConfig {
  return plan([], [streaming(options)], options)
}

/** Everything by polls. */
export function pollingPlan(options: PlanOptions = {}): NormalConfig {
  return plan([], [polling(options)], options)
}

/** The database is all there is: nothing connects to a service. */
export function daemonPlan(store: StoreDescription): NormalConfig {
  return { initializers: [], synchronizers: [], fdv1Fallback: null, store }
}

/** The same plan with what the options say of stores. */
export function withStore(plan: NormalConfig, { store, useLdd }: StoreChoice): NormalConfig {
  if (!store) return plan
  return useLdd ? daemonPlan(store) : { ...plan, store }
}

/** The reserve of FDv1: there unless it is `null`. */
export function fdv1FallbackOf(given: Fdv1FallbackConfig | null | undefined): Fdv1FallbackConfig | null {
  return given === undefined ? {} : given
}

function plan(
  initializers: DataSystemConfig['initializers'],
  synchronizers: DataSystemConfig['synchronizers'],
  { failover, fdv1Fallback }: PlanOptions,
): NormalConfig {
  return {
    initializers,
    synchronizers,
    ...(failover && { failover }),
    fdv1Fallback: fdv1FallbackOf(fdv1Fallback),
  }
}

function streaming({ initialReconnectDelayMs }: PlanOptions): StreamingConfig {
  return { type: 'streaming', ...(initialReconnectDelayMs !== undefined && { initialReconnectDelayMs }) }
}

function polling({ intervalMs }: PlanOptions): PollingConfig {
  return { type: 'polling', ...(intervalMs !== undefined && { intervalMs }) }
}
