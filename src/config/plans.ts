import type { StoreDescription } from '../model/persistent-store.ts'
import type { DataSystemConfig, FailoverConfig, Fdv1FallbackConfig, NormalConfig } from './config.ts'
import type { PollingConfig, StreamingConfig } from './service-sources.ts'
import type { StoreChoice } from './store-options.ts'

export interface PlanOptions {
  readonly initialReconnectDelayMs?: number | undefined
  readonly intervalMs?: number | undefined
  readonly failover?: FailoverConfig | undefined
  readonly fdv1Fallback?: Fdv1FallbackConfig | null | undefined
}

export function standardPlan(options: PlanOptions = {}): NormalConfig {
  return plan([{ type: 'polling' }], [streaming(options), polling(options)], options)
}

export function streamingPlan(options: PlanOptions = {}): NormalConfig {
  return plan([], [streaming(options)], options)
}

export function pollingPlan(options: PlanOptions = {}): NormalConfig {
  return plan([], [polling(options)], options)
}

export function daemonPlan(store: StoreDescription): NormalConfig {
  return { initializers: [], synchronizers: [], fdv1Fallback: null, store }
}

/** Adds the store that the options name to a plan. In daemon mode the plan keeps nothing but the store. */
export function withStore(plan: NormalConfig, { store, useLdd }: StoreChoice): NormalConfig {
  if (!store) return plan
  return useLdd ? daemonPlan(store) : { ...plan, store }
}

/** Returns the FDv1 fallback of a plan: one with default values unless the option is set, and none if it is `null`. */
export function fdv1FallbackOf(given: Fdv1FallbackConfig | null | undefined): Fdv1FallbackConfig | null {
  return given === undefined ? {} : given
}

export function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.round(seconds * 1_000)
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
