import { isDeepStrictEqual } from 'node:util'
import { ConfigError } from '../../model/errors.ts'
import type { Option } from '../../options/option-table.ts'
import { ENVIRONMENT } from './environment-options.ts'
import { GENERAL_SECTIONS } from './options.ts'
import { type EnvironmentConfig, type RelayConfig, sdkKeysOf } from './relay-config.ts'

export interface ConfigDiff {
  readonly added: readonly EnvironmentConfig[]
  /** In their new state. Contains every environment if a setting has changed on which all depend, for example the database. */
  readonly changed: readonly EnvironmentConfig[]
  /** In their new state. They differ from the old one only in members that apply at once, so that they continue. */
  readonly updated: readonly EnvironmentConfig[]
  /** In their old state. */
  readonly removed: readonly EnvironmentConfig[]
  /** The other members that differ. */
  readonly settings: readonly (keyof RelayConfig)[]
}

/** The members of a configuration whose change starts every environment again. */
const REBUILDING: ReadonlySet<string> = new Set([...membersWith('environments start again'), 'store'])

/** The members of a configuration that a reload applies. All others need a restart. */
export const RELOADABLE: ReadonlySet<string> = new Set([
  ...REBUILDING,
  ...membersWith('at once'),
  'environments',
])

function membersWith(reload: Option['reload']): readonly string[] {
  return Object.values(GENERAL_SECTIONS)
    .flatMap(({ options }) => options)
    .flatMap((option) => (option.reload === reload ? (option.path?.split('.', 1) ?? []) : []))
}

/** The members of an environment that a running environment can take over. */
const UPDATABLE: ReadonlySet<string> = new Set([
  ...ENVIRONMENT.options.flatMap(({ path, reload }) =>
    path !== undefined && reload === 'at once' ? [path] : [],
  ),
  'details',
])

/**
 * Returns the environments to start, to stop, to start again and to update; all others continue. Everything removed or changed must end
 * before anything starts, because a prefix or a key may have moved from one environment to another.
 */
export function diff(before: RelayConfig, after: RelayConfig): ConfigDiff {
  const old = new Map(before.environments.map((environment) => [environment.name, environment]))
  const present = new Set(after.environments.map(({ name }) => name))
  const names = new Set([...Object.keys(before), ...Object.keys(after)]) as ReadonlySet<keyof RelayConfig>
  const settings = [...names].filter(
    (name) => name !== 'environments' && !isDeepStrictEqual(before[name], after[name]),
  )
  const isRebuilt = settings.some((name) => REBUILDING.has(name))
  const different = after.environments.filter((environment) => {
    const former = old.get(environment.name)
    return former !== undefined && (isRebuilt || !isDeepStrictEqual(former, environment))
  })
  const continues = (environment: EnvironmentConfig): boolean => {
    const former = old.get(environment.name)
    return !isRebuilt && former !== undefined && isUpdate(former, environment)
  }
  return {
    added: after.environments.filter(({ name }) => !old.has(name)),
    changed: different.filter((environment) => !continues(environment)),
    updated: different.filter(continues),
    removed: before.environments.filter(({ name }) => !present.has(name)),
    settings,
  }
}

/**
 * Returns true if a running environment can take over a configuration: the other members are equal, and a common ID or SDK key
 * proves that it is the same environment. Otherwise clients could receive data of another environment (decision 36).
 */
function isUpdate(former: EnvironmentConfig, next: EnvironmentConfig): boolean {
  const names = new Set([...Object.keys(former), ...Object.keys(next)]) as ReadonlySet<
    keyof EnvironmentConfig
  >
  const keys = new Set(sdkKeysOf(former))
  const hasSameId = former.envId !== undefined && former.envId === next.envId
  return (
    (hasSameId || sdkKeysOf(next).some((key) => keys.has(key))) &&
    [...names].every((name) => UPDATABLE.has(name) || isDeepStrictEqual(former[name], next[name]))
  )
}

/** Returns the configuration in force after a reload: reloadable members of `after`, all others of `before`. */
export function merge(before: RelayConfig, after: RelayConfig): RelayConfig {
  const kept = Object.entries(before).filter(([name]) => !RELOADABLE.has(name))
  const taken = Object.entries(after).filter(([name]) => RELOADABLE.has(name))
  return Object.fromEntries([...kept, ...taken]) as unknown as RelayConfig
}

/**
 * Throws a `ConfigError` if a reload would add, remove or replace the archive or the automatic configuration, because the relay
 * would lose all of its environments.
 */
export function refuseOtherOrigin(before: RelayConfig, after: RelayConfig): void {
  const changed = ORIGINS.find((origin) => !isDeepStrictEqual(before[origin], after[origin]))
  if (changed === undefined) return
  const source = changed === 'offline' ? 'archive' : 'automatic configuration'
  throw new ConfigError([
    { path: changed, expected: `no change (another ${source} needs a restart)`, received: 'a change' },
  ])
}

const ORIGINS = ['offline', 'autoConfig'] as const
