import { isDeepStrictEqual } from 'node:util'
import type { EnvironmentConfig, RelayConfig } from './relay-config.ts'

/** What another configuration makes of a running relay. */
export interface ConfigDiff {
  readonly added: readonly EnvironmentConfig[]
  /** As they are now. Also all that stay, where something they are made of has changed, such as the database. */
  readonly changed: readonly EnvironmentConfig[]
  /** As they were. */
  readonly removed: readonly EnvironmentConfig[]
  /** What else differs, by name. */
  readonly settings: readonly (keyof RelayConfig)[]
}

/** What every environment is made of, beside itself. */
const INGREDIENTS: ReadonlySet<keyof RelayConfig> = new Set([
  'caFiles',
  'dataSavingMode',
  'endpoints',
  'proxy',
  'snapshotDirectory',
  'store',
])

/**
 * Says which environments must be started, stopped or made anew; all others are not to be touched. What is removed or
 * changed must have ended before anything starts: a prefix or a key may have changed hands.
 */
export function diff(before: RelayConfig, after: RelayConfig): ConfigDiff {
  const old = new Map(before.environments.map((environment) => [environment.name, environment]))
  const present = new Set(after.environments.map(({ name }) => name))
  const settings = namesOf(before, after).filter(
    (name) => name !== 'environments' && !isDeepStrictEqual(before[name], after[name]),
  )
  const areAllMadeAnew = settings.some((name) => INGREDIENTS.has(name))
  return {
    added: after.environments.filter(({ name }) => !old.has(name)),
    changed: after.environments.filter((environment) => {
      const former = old.get(environment.name)
      return former !== undefined && (areAllMadeAnew || !isDeepStrictEqual(former, environment))
    }),
    removed: before.environments.filter(({ name }) => !present.has(name)),
    settings,
  }
}

/** What counts without a restart. */
export const COUNTS_AT_ONCE: ReadonlySet<keyof RelayConfig> = new Set([
  ...INGREDIENTS,
  'disconnectedStatusMs',
  'environments',
  'initTimeoutMs',
  'ready',
])

/** What is in force after a reload: what counts at once as it is now, everything else as it was at the start. */
export function merge(before: RelayConfig, after: RelayConfig): RelayConfig {
  const kept = Object.entries(before).filter(([name]) => !COUNTS_AT_ONCE.has(name as keyof RelayConfig))
  const taken = Object.entries(after).filter(([name]) => COUNTS_AT_ONCE.has(name as keyof RelayConfig))
  return Object.fromEntries([...kept, ...taken]) as unknown as RelayConfig
}

function namesOf(before: RelayConfig, after: RelayConfig): readonly (keyof RelayConfig)[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])] as (keyof RelayConfig)[]
}
