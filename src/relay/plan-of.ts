import type { DataSystemConfig } from '../config/config.ts'
import { presets } from '../config/presets.ts'
import type { Synchronizer } from '../synchronizers/synchronizer.ts'
import type { EnvironmentConfig, RelayConfig } from './config/relay-config.ts'
import { storeOf } from './store-of.ts'

/** What stands in for the service: a source of its own for an environment, or none. */
export type SourceOf = (environment: EnvironmentConfig) => Synchronizer | undefined

/** Where the flags of an environment come from, and where they are kept. */
export function planOf(
  relay: RelayConfig,
  environment: EnvironmentConfig,
  sourceOf: SourceOf | undefined,
): DataSystemConfig {
  const source = sourceOf?.(environment)
  const plan = source
    ? presets.custom({ initializers: [], synchronizers: [source], fdv1Fallback: null })
    : presets.default()
  const store = storeOf(relay, environment)
  return store ? { ...plan, store } : plan
}
