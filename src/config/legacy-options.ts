import type { LegacyOptions } from './data-system-options.ts'
import { MIN_RECONNECT_DELAY_MS, Minimums } from './minimums.ts'
import { pollingPlan, standardPlan, withStore } from './plans.ts'
import type { NormalConfig } from './reading.ts'
import type { StoreChoice } from './store-options.ts'

/** What `dataSystem` overrides, and where it is said now. */
const NEW_PLACES: Readonly<Record<string, string>> = {
  stream: 'dataSystem.dataSource.dataSourceOptionsType',
  streamInitialReconnectDelay: 'dataSystem.dataSource.streamInitialReconnectDelay',
  pollInterval: 'dataSystem.dataSource.pollInterval',
  persistentStore: 'dataSystem.persistentStore',
  featureStore: 'dataSystem.persistentStore',
  useLdd: 'dataSystem.useLdd',
  useLDD: 'dataSystem.useLdd',
  updateProcessor: 'dataSystem: presets.custom, with a source of your own',
}

/** Warnings of legacy options that count for nothing, with the place where they would. */
export function overridden(options: LegacyOptions, by: string): string[] {
  const given: Readonly<Record<string, unknown>> = { ...options }
  return Object.entries(NEW_PLACES)
    .filter(([name]) => given[name] !== undefined && given[name] !== null)
    .map(([name, place]) => `options.${name} is overridden by ${by}; its place is ${place}`)
}

/** The plan the legacy options describe, not yet in the shape of any protocol. */
export function legacyPlan(
  { stream = true, streamInitialReconnectDelay, pollInterval }: LegacyOptions,
  minPollMs: number,
  storeChoice: StoreChoice,
): { readonly config: NormalConfig; readonly warnings: readonly string[] } {
  const minimums = new Minimums()
  const intervalMs = minimums.raiseSeconds('options.pollInterval', pollInterval, minPollMs)
  const initialReconnectDelayMs = minimums.raiseSeconds(
    'options.streamInitialReconnectDelay',
    streamInitialReconnectDelay,
    MIN_RECONNECT_DELAY_MS,
  )
  const plan = stream ? standardPlan({ initialReconnectDelayMs, intervalMs }) : pollingPlan({ intervalMs })
  return { config: { ...withStore(plan, storeChoice), fdv1Fallback: null }, warnings: minimums.warnings }
}
